#!/usr/bin/env python3
"""An HTTPS server that behaves as badly as its paths say, for src/kube/curl_transport_test.cpp.

    misbehaving_https_server.py FOLDER

Makes an authority and certificates in FOLDER, listens on loopback ports of its own, writes them to FOLDER/ports.json
once all of them listen, and ends when somebody connects to the port "quit".
"""
import gzip
import http.server
import json
import os
import pathlib
import socket
import ssl
import struct
import subprocess
import sys
import threading

FOLDER = pathlib.Path(sys.argv[1])
ENDING = threading.Event()


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], cwd=FOLDER, check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_authority(name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            f"{name}.key", "-out", f"{name}.crt", "-subj", f"/CN={name}", "-days", 2)


def make_certificate(name, names, days, authority="authority"):
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key", "-out",
            f"{name}.csr", "-subj", f"/CN={name}")
    (FOLDER / f"{name}.ext").write_text(f"subjectAltName={names}\n")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key",
            "-CAcreateserial", "-out", f"{name}.crt", "-days", days, "-extfile", f"{name}.ext")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def start_chunks(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def echo(self):
        size = int(self.headers.get("Content-Length", 0))
        peer = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        subject = dict(pair for part in (peer or {}).get("subject", ()) for pair in part)
        told = {"method": self.command, "path": self.path, "body": self.rfile.read(size).decode(),
                "headers": {k.lower(): v for k, v in self.headers.items()}, "client": subject.get("commonName", "")}
        self.answer(200, json.dumps(told).encode())

    def do_GET(self):
        try:
            getattr(self, "on_" + self.path.split("?")[0].strip("/").replace("/", "_"), self.echo)()
        except (BrokenPipeError, ConnectionError, ssl.SSLError):
            self.close_connection = True

    do_POST = do_PATCH = do_DELETE = do_GET

    def on_silent(self):
        ENDING.wait()

    def on_stall(self):
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b'{"half":')
        self.wfile.flush()
        ENDING.wait()

    def on_cut(self):
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b'{"half":')
        self.close_connection = True

    def on_reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())
        self.close_connection = True

    def on_big(self):
        self.start_chunks()
        while not ENDING.is_set():
            self.chunk(b"x" * 65536)

    def on_gzip(self):
        self.answer(200, gzip.compress(b'{"opened":true}'), Content_Encoding="gzip")

    def on_bomb(self):
        self.answer(200, gzip.compress(b"0" * (64 << 20)), Content_Encoding="gzip")

    def on_headers(self):
        self.send_response(200)
        for i in range(20000):
            self.send_header(f"X-{i}", "y" * 100)
        self.end_headers()

    def on_guarded(self):
        good = (FOLDER / "good-token").read_text()
        if self.headers.get("Authorization") == f"Bearer {good}":
            return self.echo()
        return self.answer(401, b'{"kind":"Status","code":401,"reason":"Unauthorized","message":"Unauthorized"}')

    def on_redirect(self):
        self.answer(302, b"", Location="/elsewhere")

    def on_watch_lines(self):
        self.start_chunks()
        for piece in (b'{"a":', b'1}\n{"b"', b':2}\n', b'{"c":3}\n'):
            self.chunk(piece)
        self.chunk(b"")

    def on_watch_idle(self):
        self.start_chunks()
        self.chunk(b'{"a":1}\n')
        ENDING.wait()

    def on_watch_cut(self):
        self.start_chunks()
        self.chunk(b'{"a":1}\n')
        self.close_connection = True

    def on_watch_gone(self):
        self.answer(410, b'{"kind":"Status","code":410,"reason":"Expired","message":"too old"}')


def serve(name, certificate=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(FOLDER / f"{certificate}.crt", FOLDER / f"{certificate}.key")
        context.load_verify_locations(FOLDER / "authority.crt")
        context.verify_mode = ssl.CERT_OPTIONAL
        # The handshake belongs to the connection's own thread: one that stalls must not hold up the others.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return name, server.server_address[1]


def serve_nonsense():
    """Something that speaks no HTTP."""
    listener = socket.create_server(("127.0.0.1", 0))

    def loop():
        while True:
            connection, _ = listener.accept()
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            connection.close()
    threading.Thread(target=loop, daemon=True).start()
    return "nonsense", listener.getsockname()[1]


def main():
    make_authority("authority")
    make_authority("stranger")
    make_certificate("server", "IP:127.0.0.1,DNS:localhost,DNS:kube.test", 2)
    make_certificate("expired", "IP:127.0.0.1", -1)
    make_certificate("renamed", "DNS:kube.test", 2)
    make_certificate("client", "DNS:client", 2)
    ports = dict([serve("good", "server"), serve("expired", "expired"), serve("renamed", "renamed"), serve("plain"),
                  serve_nonsense()])
    quitting = socket.create_server(("127.0.0.1", 0))
    ports["quit"] = quitting.getsockname()[1]
    (FOLDER / "ports.tmp").write_text(json.dumps(ports))
    os.rename(FOLDER / "ports.tmp", FOLDER / "ports.json")
    quitting.settimeout(240)
    try:
        quitting.accept()
    except TimeoutError:
        pass
    ENDING.set()


main()
