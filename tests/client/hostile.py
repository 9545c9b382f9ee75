"""A server on a socket that answers what a test tells it to, byte for byte."""

import socket
import threading
from collections.abc import Callable, Iterator

HANG = None
"""Instead of an answer: nothing, until the other side gives up."""
Script = list[bytes | Callable[[socket.socket], None] | None]


def answer(status: int, data: bytes = b"", kind: str = "application/json", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(data)}", "Connection: close"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + data


class Hostile:
    """Each connection gets the next part of the script; the last part again and again. `requests` is what came. `raw`:
    the script reads the request itself."""

    def __init__(self, *script: bytes | Callable[[socket.socket], None] | None, raw: bool = False) -> None:
        self.script: Script = list(script)
        self._raw = raw
        self.requests: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self._one(connection)

    def _one(self, connection: socket.socket) -> None:
        part = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        try:
            if not self._raw:
                self.requests.append(_request(connection))
            if callable(part):
                part(connection)
            elif part is HANG:
                connection.recv(1)
            else:
                connection.sendall(part)
        except OSError:
            pass  # the other side had enough


def _request(connection: socket.socket) -> bytes:
    """Head and body, as long as its Content-Length says."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (chunk := connection.recv(65536)):
            return data
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    wanted = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < wanted and (chunk := connection.recv(65536)):
        body += chunk
    return head + b"\r\n\r\n" + body


def endless(head: bytes, chunk: bytes) -> Callable[[socket.socket], None]:
    """An answer that goes on until nobody reads it any more."""

    def send(connection: socket.socket) -> None:
        connection.sendall(head)
        for part in _forever(chunk):
            connection.sendall(part)

    return send


def _forever(chunk: bytes) -> Iterator[bytes]:
    while True:
        yield chunk
