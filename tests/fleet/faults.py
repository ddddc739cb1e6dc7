"""faults.py PORT FILE [CERTIFICATE]: a server that stands before ClickHouse at PORT and misbehaves as the word in FILE
says at that moment, over TLS where there is a certificate. Prints the port that it listens at.

    pass      hands the request on, and the answer back
    error     500, without asking
    readonly  as ClickHouse says that it may only be read
    hang      says nothing for long
    half      an answer of which the end is missing
    reset     cuts the connection without an answer
    lost      hands the request on, and cuts the connection instead of answering
    page      200 and a page of HTML, as proxies have them
    mixed     all of them in turn, `pass` every other time
"""
import http.client
import http.server
import socket
import ssl
import struct
import sys
import threading
import time

target, mode_path = int(sys.argv[1]), sys.argv[2]
TURNS = ["error", "half", "reset", "lost", "page", "readonly"]
turn = 0
lock = threading.Lock()


def next_mode():
    global turn
    with open(mode_path) as file:
        mode = file.read().strip()
    if mode != "mixed":
        return mode
    with lock:
        turn += 1
        return "pass" if turn % 2 else TURNS[turn // 2 % len(TURNS)]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def cut(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def answer(self, status, body, length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def hand_on(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", target, timeout=60)
        connection.request("POST", self.path, body, {name: value for name, value in self.headers.items()
                                                     if name.lower() not in ("host", "connection")})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def do_POST(self):
        mode, body = next_mode(), self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if mode == "error":
            self.answer(500, b"Code: 999, the disk is on fire\n")
        elif mode == "readonly":
            self.answer(500, b"Code: 164, e.displayText() = DB::Exception: Cannot insert in readonly mode\n")
        elif mode == "hang":
            time.sleep(20)
            self.cut()
        elif mode == "half":
            self.answer(200, b"", 100)
            self.cut()
        elif mode == "reset":
            self.cut()
        elif mode == "page":
            self.answer(200, b"<html>Please log in to the network</html>\n")
        else:
            try:
                status, answer = self.hand_on(body)
            except OSError:
                return self.cut()
            if mode == "lost":
                return self.cut()
            self.answer(status, answer)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
