"""An HTTP/1.1 peer with one behaviour, for the tests of UpstreamClient. Standard library only.

peer.py BEHAVIOUR (--unix PATH | --tls CERT KEY [--client-ca CA] [--tls-max 1.2])
prints "ready PORT" and serves until it is ended. Each connection has its own thread.
"""

import argparse
import json
import socket
import ssl
import threading

parser = argparse.ArgumentParser()
parser.add_argument("behaviour")
parser.add_argument("--unix")
parser.add_argument("--tls", nargs=2)
parser.add_argument("--client-ca")
parser.add_argument("--tls-max")
parser.add_argument("--status", type=int, default=200)
parser.add_argument("--field", action="append", default=[])
parser.add_argument("--body", default="")
options = parser.parse_args()

connection_count = 0
hold = threading.Event()  # never set: waits for ever


def read_request(connection):
    """Head and body of one request; None at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip()
    length = int(fields.get("content-length", "0"))
    while len(body) < length:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        body += chunk
    return {"line": lines[0], "fields": fields, "body": body}


def answer(connection, status=200, fields=(), body=b""):
    head = f"HTTP/1.1 {status} Any\r\nContent-Length: {len(body)}\r\n"
    head += "".join(f"{field}\r\n" for field in fields)
    connection.sendall(head.encode() + b"\r\n" + body)


def echo(connection, number):
    """Says what it received, and on which connection; keeps the connection."""
    count = 0
    while (request := read_request(connection)) is not None:
        count += 1
        said = {
            "connection": number,
            "request": count,
            "line": request["line"],
            "fields": request["fields"],
            "length": len(request["body"]),
            "body": request["body"][:4096].decode("latin-1"),
        }
        if isinstance(connection, ssl.SSLSocket):
            said["version"] = connection.version()
            peer = connection.getpeercert()
            said["subject"] = [pair for entry in (peer or {}).get("subject", ()) for pair in entry]
        answer(connection, fields=["Content-Type: application/json"], body=json.dumps(said).encode())


def fixed(connection, number):
    """The answer that the command line gives."""
    while read_request(connection) is not None:
        answer(connection, options.status, options.field, options.body.encode())


def close_after(connection, number):
    """Promises to keep the connection, and ends it."""
    read_request(connection)
    answer(connection, body=str(number).encode())


def lost(connection, number):
    """Ends the connection instead of answering."""
    read_request(connection)


def raw(data):
    def behaviour(connection, number):
        read_request(connection)
        connection.sendall(data)
        hold.wait()

    return behaviour


def endless(connection, number):
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")


def endless_fields(connection, number):
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Field: " + b"x" * 1000 + b"\r\n")


def drip(connection, number):
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n")
    while not hold.wait(0.02):
        connection.sendall(b"x")


def cut(connection, number):
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")


def until_close(connection, number):
    """A body that ends with the connection, which TLS must say with close_notify."""
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nuntil the end")


def lines(connection, number):
    """NDJSON in chunks that do not care for lines, then a quiet stream or its end."""
    request = read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/x-ndjson\r\n\r\n")
    for part in [b'{"n":1}\n{"n"', b":2}\r\n", b'\n{"n":3}\nla', b"st"]:
        connection.sendall(b"%x\r\n%s\r\n" % (len(part), part))
    if " /quiet " in request["line"]:
        hold.wait()
    if " /cut " not in request["line"]:
        connection.sendall(b"0\r\n\r\n")


def long_line(connection, number):
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 4096)


behaviours = {
    "echo": echo,
    "fixed": fixed,
    "close-after": close_after,
    "lost": lost,
    "silent": raw(b""),
    "garbage": raw(b"\x00\xff\x16\x03 SSH-2.0 220 hello\r\n\r\n"),
    "http2": raw(b"HTTP/2 200\r\n\r\n"),
    "two-lengths": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    "length-and-chunks": raw(
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "bad-chunk": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n"),
    "announced": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
    "many-fields": raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"Content-Length: 0\r\n\r\n"),
    "big-field": raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\nContent-Length: 0\r\n\r\n"),
    "continue": raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    "extra": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"),
    "endless": endless,
    "endless-fields": endless_fields,
    "drip": drip,
    "cut": cut,
    "until-close": until_close,
    "lines": lines,
    "long-line": long_line,
}


def serve(connection, number):
    try:
        if options.tls and options.behaviour != "half-open":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*options.tls)
            if options.tls_max == "1.2":
                context.maximum_version = ssl.TLSVersion.TLSv1_2
            if options.client_ca:
                context.load_verify_locations(options.client_ca)
                context.verify_mode = ssl.CERT_REQUIRED
            connection = context.wrap_socket(connection, server_side=True)
        if options.behaviour == "half-open":
            hold.wait()
        behaviours[options.behaviour](connection, number)
        if isinstance(connection, ssl.SSLSocket) and options.behaviour != "cut":
            connection.unwrap()
    except (OSError, ssl.SSLError):
        pass  # The client went away, which some tests want.
    finally:
        connection.close()


if options.unix:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(options.unix)
    port = 0
else:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
listener.listen(128)
print(f"ready {port}", flush=True)
while True:
    connection, _ = listener.accept()
    connection_count += 1
    threading.Thread(target=serve, args=(connection, connection_count), daemon=True).start()
