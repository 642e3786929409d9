"""dns_server.py ANSWER COMMAND…: runs a command beside a DNS server on this network namespace's loopback, which gives ANSWER to each
question for an address; "none" knows no name. Ends with the command's status."""

import socket
import subprocess
import sys

answer, command = sys.argv[1], sys.argv[2:]
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
client = subprocess.Popen(command)
server.settimeout(0.1)
while client.poll() is None:
    try:
        query, peer = server.recvfrom(512)
    except TimeoutError:
        continue
    question = query[12:query.index(b"\0", 12) + 5]
    wants_a = question[-4:-2] == b"\0\1"
    if answer == "none":
        reply = query[:2] + b"\x81\x83\0\1\0\0\0\0\0\0" + question
    elif wants_a:
        reply = query[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question + b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4" + socket.inet_aton(answer)
    else:
        reply = query[:2] + b"\x81\x80\0\1\0\0\0\0\0\0" + question
    server.sendto(reply, peer)
sys.exit(client.returncode)
