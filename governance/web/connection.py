"""A connection as the service takes it: no longer than its limits, and no more of them than can be served."""

import asyncio
from typing import Any

import h11
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol

from governance.web.limits import LIMITS, Limits

CROWDED = "crowded"
"""In the state of a request that came over one connection too many."""


class Connection(H11Protocol):
    """HTTP/1.1 over uvicorn and h11, which by themselves wait for ever for the rest of a request's headers."""

    limits = LIMITS
    _cut: asyncio.TimerHandle | None = None
    _untaken: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        # We are told as soon as anything of an answer is not taken, and once all of it is.
        transport.set_write_buffer_limits(high=1, low=0)
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self.app = _crowded(self.app)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        self._taken()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Whoever asks and then does not read would keep a connection for ever, and the answer in memory."""
        super().pause_writing()
        if self._untaken is None:
            seconds = self.limits.answer_seconds + self.transport.get_write_buffer_size() / self.limits.body_slowest
            self._untaken = self.loop.call_later(seconds, self._abandon)

    def resume_writing(self) -> None:
        self._taken()
        super().resume_writing()

    def _taken(self) -> None:
        if self._untaken is not None:
            self._untaken.cancel()
            self._untaken = None

    def _abandon(self) -> None:
        self._untaken = None
        self.logger.warning("An answer was not taken in time.")
        self.transport.abort()  # to close would wait until it is taken

    def _watch(self) -> None:
        """While nobody works on a request, its headers are awaited, or the rest of a body that was not read."""
        ours, theirs = self.conn.our_state, self.conn.their_state
        unread = theirs is h11.SEND_BODY and ours in (h11.DONE, h11.MUST_CLOSE)
        if self.transport.is_closing() or not (theirs is h11.IDLE or unread):
            self._unwatch()
        elif self._cut is None:
            self._cut = self.loop.call_later(self.limits.header_seconds, self._too_late)

    def _unwatch(self) -> None:
        if self._cut is not None:
            self._cut.cancel()
            self._cut = None

    def _too_late(self) -> None:
        self._cut = None
        if self.transport.is_closing():
            return
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            said = "The headers of a request did not come in time."
            self.logger.warning(said)
            self._refuse(408, b"Request Timeout", said)
        self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """To what cannot be read as HTTP/1.1 (RFC 9112). Its caller has noted it in the log."""
        if len(self.conn.trailing_data[0]) > self.limits.header_bytes:
            self._refuse(431, b"Request Header Fields Too Large", "The headers of a request are too large.")
        else:
            self._refuse(400, b"Bad Request", msg)

    def _refuse(self, status: int, reason: bytes, said: str) -> None:
        """Before there is a request that the application could answer."""
        body = f"{said}\n".encode()
        length = str(len(body)).encode()
        headers = [(b"content-type", b"text/plain"), (b"content-length", length), (b"connection", b"close")]
        start = h11.Response(status_code=status, headers=headers, reason=reason)
        for event in (start, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def configured(app: ASGIApp, limits: Limits = LIMITS, **options: Any) -> Config:
    """How uvicorn is to serve an application under these limits."""
    return Config(
        app,
        http=type("Limited", (Connection,), {"limits": limits}),
        h11_max_incomplete_event_size=limits.header_bytes,
        timeout_keep_alive=limits.idle_seconds,
        timeout_graceful_shutdown=limits.grace_seconds,
        log_config=None,
        access_log=False,
        lifespan="on",
        ws="none",
        server_header=False,
        **options,
    )


def _crowded(app: Any) -> Any:
    async def marked(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"][CROWDED] = True
        await app(scope, receive, send)

    return marked
