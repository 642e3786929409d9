"""An EST server that shares no code with the product, for one test: Python's http.server and ssl, openssl as its authority.

It serves what a hub asks for (RFC 7030 cacerts, simpleenroll and simplereenroll, with the label "signing"), misbehaves on
request, and remembers what it was told.
"""

import base64
import http.server
import json
import pathlib
import ssl
import subprocess
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7


def openssl(folder, *arguments, **options):
    done = subprocess.run(["openssl", *map(str, arguments)], cwd=folder, capture_output=True, timeout=30, **options)
    assert done.returncode == 0, f"openssl {arguments}: {done.stderr.decode()}"
    return done.stdout


def make_authority(folder, name, days=900, subject="/CN=Test Authority"):
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", days,
            "-subj", subject, "-keyout", f"{name}.key", "-out", f"{name}.pem",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    return folder / f"{name}.pem"


def make_server(folder, authority, name="server"):
    """A TLS certificate for localhost under this authority."""
    (folder / f"{name}.ext").write_text("subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n")
    openssl(folder, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
            "/CN=localhost", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
            "-CAcreateserial", "-days", "300", "-out", f"{name}.pem", "-extfile", f"{name}.ext")
    return folder / f"{name}.pem", folder / f"{name}.key"


class ESTServer:
    """Behaviours: issue, pending, portal, redirect, other-key, other-hub, garbage, plain (no TLS at all)."""

    def __init__(self, folder, behaviour="issue", authority="ca", pending=0):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.behaviour, self.authority, self.pending = behaviour, authority, pending
        self.requests = []
        self.hub = "hub-0001"
        if not (self.folder / f"{authority}.pem").exists():
            make_authority(self.folder, authority)
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                server.answer(self, b"")

            def do_POST(self):
                server.answer(self, self.rfile.read(int(self.headers.get("Content-Length", "0"))))

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]
        self.url = f"https://localhost:{self.port}"
        if behaviour != "plain":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*make_server(self.folder, authority))
            context.load_verify_locations(self.folder / f"{authority}.pem")
            context.verify_mode = ssl.CERT_OPTIONAL
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def ca(self):
        return self.folder / f"{self.authority}.pem"

    @property
    def fingerprint(self):
        return x509.load_pem_x509_certificate(self.ca.read_bytes()).fingerprint(
            hashes.SHA256()).hex()

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def secrets(self):
        """What of what it was told is secret."""
        return [request for request in self.requests if "Authorization" in request["fields"]]

    def send(self, handler, status, body=b"", fields=()):
        handler.send_response(status)
        for name, value in fields:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def certificates(self, handler, pems):
        found = [x509.load_pem_x509_certificate(pem) for pem in pems]
        body = base64.encodebytes(pkcs7.serialize_certificates(found, Encoding.DER))
        self.send(handler, 200, body, [
            ("Content-Type", "application/pkcs7-mime"), ("Content-Transfer-Encoding", "base64")])

    def answer(self, handler, body):
        peer = handler.connection.getpeercert() if isinstance(handler.connection, ssl.SSLSocket) else None
        self.requests.append({"path": handler.path, "fields": dict(handler.headers), "body": body, "peer": peer})
        if self.behaviour == "portal":
            return self.send(handler, 200, b"<html>Welcome</html>", [("Content-Type", "text/html")])
        if self.behaviour == "redirect":
            return self.send(handler, 302, fields=[("Location", "https://portal.example/")])
        if handler.path.endswith("/cacerts"):
            return self.certificates(handler, [self.ca.read_bytes()])
        if handler.path == "/v1/profile":
            receipt = make_server(self.folder, self.authority, "receipt")[0].read_text()
            return self.send(handler, 200, json.dumps(
                {"hub": self.hub, "environment": "test", "receipt_certificate": receipt}).encode(),
                [("Content-Type", "application/json")])
        if self.pending > 0:
            self.pending -= 1
            return self.send(handler, 202, fields=[("Retry-After", "1")])
        if self.behaviour == "garbage":
            return self.send(handler, 200, b"MAA=", [("Content-Type", "application/pkcs7-mime")])
        self.certificates(handler, [self.issue(body)])

    def issue(self, body):
        """openssl judges the request and certifies it."""
        (self.folder / "request.der").write_bytes(base64.b64decode(body))
        verdict = subprocess.run(
            ["openssl", "req", "-inform", "DER", "-in", "request.der", "-verify", "-noout"], cwd=self.folder,
            capture_output=True, text=True, timeout=30)
        assert "verify OK" in verdict.stdout + verdict.stderr, verdict.stderr
        openssl(self.folder, "req", "-inform", "DER", "-in", "request.der", "-out", "request.pem")
        if self.behaviour == "other-key":
            openssl(self.folder, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                    "/CN=hub-0001", "-keyout", "other.key", "-out", "request.pem")
        name = "hub-9999" if self.behaviour == "other-hub" else self.hub
        (self.folder / "client.ext").write_text("keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n")
        openssl(self.folder, "x509", "-req", "-in", "request.pem", "-CA", f"{self.authority}.pem", "-CAkey",
                f"{self.authority}.key", "-CAcreateserial", "-days", "300", "-out", "issued.pem", "-extfile", "client.ext",
                "-subj", f"/CN={name}")
        return (self.folder / "issued.pem").read_bytes()
