"""The stand-in OML's web pages over https, as a process of its own:
`python -m tests.sync.webserver PORT CERTIFICATE KEY`. It ends by itself after a while."""

from __future__ import annotations

import socketserver
import ssl
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

_SECONDS = 3600


class _Handler(WSGIRequestHandler):
    def get_environ(self) -> dict[str, Any]:
        """With what tells Django that it was asked by https, as OML's own web server does."""
        return {**super().get_environ(), "HTTPS": "on"}


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    """A few threads that stay, as OML's web server has them: each keeps its connection to the database."""

    context: ssl.SSLContext
    pool = ThreadPoolExecutor(8)

    def process_request(self, request: Any, client_address: Any) -> None:
        """In one of the threads."""
        self.pool.submit(self.process_request_thread, request, client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """The handshake here, in the request's own thread: whoever connects and stays silent keeps nobody waiting."""
        request.settimeout(20)
        try:
            encrypted = self.context.wrap_socket(request, server_side=True)
        except OSError as problem:
            print("handshake:", problem, file=sys.stderr)
            return
        super().finish_request(encrypted, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Of one request; the others go on."""
        print("request:", sys.exc_info()[1], file=sys.stderr)


def main(port: str, certificate: str, key: str) -> None:
    """Serves on 127.0.0.1."""
    from ominicontacto.wsgi import application

    server = _Server(("127.0.0.1", int(port)), _Handler)
    server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.context.load_cert_chain(certificate, key)
    server.set_app(application)
    ending = threading.Timer(_SECONDS, server.shutdown)
    ending.daemon = True
    ending.start()
    server.serve_forever()
    server.pool.shutdown(wait=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
