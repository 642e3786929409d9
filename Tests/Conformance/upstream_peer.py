"""An HTTPS client that shares no code with the upstream: Python's own http.client and ssl (OpenSSL).

Reads requests from standard input, a JSON object a line, sends each on a connection of its own, and writes what came
back, a JSON object a line.

request: {"method", "url", "ca", ?"certificate", ?"key", ?"headers": {}, ?"body": path of a file}
answer:  {"status", "headers": {}, "body": base64} or {"failure": text}
"""

import base64
import http.client
import json
import ssl
import sys
import urllib.parse


def send(request):
    url = urllib.parse.urlsplit(request["url"])
    context = ssl.create_default_context(cafile=request["ca"])
    if "certificate" in request:
        context.load_cert_chain(request["certificate"], request["key"])
    body = None
    if "body" in request:
        with open(request["body"], "rb") as file:
            body = file.read()
    connection = http.client.HTTPSConnection(url.hostname, url.port, context=context, timeout=60)
    try:
        target = url.path + ("?" + url.query if url.query else "")
        connection.request(request["method"], target, body=body, headers=request.get("headers", {}))
        response = connection.getresponse()
        return {
            "status": response.status,
            "headers": {name.lower(): value for name, value in response.getheaders()},
            "body": base64.b64encode(response.read()).decode(),
        }
    except (OSError, http.client.HTTPException) as error:
        return {"failure": f"{type(error).__name__}: {error}"}
    finally:
        connection.close()


for line in sys.stdin:
    print(json.dumps(send(json.loads(line))), flush=True)
