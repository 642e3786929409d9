"""Stands between a hub and its upstream, and mistreats what hubs submit: whole requests and answers, since TLS lets nobody change less.

It has the upstream's certificate and the hub's, so each side takes it for the other; what it cannot have is the key that signs
receipts, and the hub's that signs batches.
"""

import collections
import http.client
import http.server
import random
import ssl
import threading
import time

# What happens to a batch, and how often of a hundred.
FATES = {
    "passed": 34, "request dropped": 10, "answer lost after commit": 14, "answer cut off": 8, "delayed": 8, "doubled": 10,
    "sent again later": 8, "bad gateway": 4, "answered with an earlier receipt": 4,
}
DELAY_SECONDS = (0.1, 2.5)
LATER_SECONDS = (1, 6)


class UpstreamProxy:
    def __init__(self, upstream_port, upstream_state, identity, seed):
        self.upstream_port, self.identity = upstream_port, identity
        self.ca = upstream_state / "ca.pem"
        self.chance = random.Random(seed)
        self.lock = threading.Lock()
        self.counts = collections.Counter()
        self.is_hostile = True
        self.earlier = None
        self.later = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(upstream_state / "server.pem", upstream_state / "server.key")
        context.load_verify_locations(self.ca)
        context.verify_mode = ssl.CERT_REQUIRED
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 120

            def do_GET(self):
                proxy.handle(self)

            do_POST = do_PUT = do_DELETE = do_GET

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # Connections that end in the middle are this program's purpose.

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def finish_late(self):
        """Waits for what is still to be sent again."""
        for thread in self.later:
            thread.join()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def forward(self, method, path, headers, body):
        """(status, headers, body) of the upstream, over a connection of its own."""
        context = ssl.create_default_context(cafile=self.ca)
        # Renewed certificates are taken as they are at this moment.
        context.load_cert_chain(self.identity / "tls.pem", self.identity / "tls.key")
        connection = http.client.HTTPSConnection("127.0.0.1", self.upstream_port, context=context, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def fate(self, is_batch):
        with self.lock:
            if not is_batch or not self.is_hostile:
                return "passed", 0
            fate = self.chance.choices(list(FATES), FATES.values())[0]
            if fate == "answered with an earlier receipt" and self.earlier is None:
                fate = "passed"
            self.counts[fate] += 1
            return fate, self.chance.uniform(*(LATER_SECONDS if fate == "sent again later" else DELAY_SECONDS))

    def handle(self, hub):
        body = hub.rfile.read(int(hub.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in hub.headers.items() if name.lower() not in ("connection", "host")}
        request = (hub.command, hub.path, headers, body)
        fate, seconds = self.fate(hub.command == "POST" and hub.path == "/v1/batches")
        hub.close_connection = fate in ("request dropped", "answer lost after commit", "answer cut off")
        if fate == "request dropped":
            return
        if fate == "bad gateway":
            return self.answer(hub, 502, [], b"")
        if fate == "answered with an earlier receipt":
            return self.answer(hub, *self.earlier)
        if fate == "delayed":
            time.sleep(seconds)
        if fate == "doubled":
            self.forward(*request)
        if fate == "sent again later":
            again = threading.Thread(target=lambda: (time.sleep(seconds), self.forward(*request)))
            self.later.append(again)
            again.start()
        status, answered, content = self.forward(*request)
        if fate == "answer lost after commit":
            return
        if fate == "answer cut off":
            return self.answer(hub, status, answered, content, len(content) // 2)
        if hub.path == "/v1/batches" and status == 200:
            self.earlier = (status, answered, content)
        self.answer(hub, status, answered, content)

    @staticmethod
    def answer(hub, status, headers, content, length=None):
        hub.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                hub.send_header(name, value)
        hub.send_header("Content-Length", str(len(content)))
        hub.end_headers()
        hub.wfile.write(content[:length])
        hub.wfile.flush()
