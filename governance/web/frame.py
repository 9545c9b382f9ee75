"""Around every request: its id, the headers of its answer, one line in the log, and a clear word if all else fails."""

import logging
import re
import time
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from governance.errors import GovernanceError
from governance.web.problems import Kind, WebError, response_of
from governance.web.security import security_headers

LOG = logging.getLogger("governance.web")
API = "/api/"
SLASH = "\0"
"""Stands for a slash inside of a segment of a path, which is no end of it. NUL itself is refused."""
_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)


class Frame:
    def __init__(self, app: ASGIApp, entropy: Callable[[int], bytes]) -> None:
        self._app, self._entropy = app, entropy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope).get("x-request-id", "")
        # What is no id of the agreed form is not repeated: it goes into the log.
        identifier = sent if _ID.fullmatch(sent) else self._entropy(16).hex()
        scope.setdefault("state", {})["request_id"] = identifier
        began = time.monotonic()
        status = size = 0

        async def framed(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = identifier
                for name, text in security_headers(headers.get("content-type", ""), scope["scheme"]).items():
                    headers.setdefault(name, text)
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        try:
            if (refused := _path(scope)) is None:
                await self._app(scope, receive, framed)
            else:
                await response_of(refused, Request(scope))(scope, receive, framed)
        except ClientDisconnect:
            status = status or 499  # nobody is there to be answered
        except Exception:
            LOG.exception("request %s failed", identifier)
            if not status:
                failed = GovernanceError("something broke here")
                await response_of(failed, Request(scope))(scope, receive, framed)
        finally:
            LOG.info("request %(request)s", _line(scope, status, size, time.monotonic() - began))


def _path(scope: Scope) -> WebError | None:
    """Decode a path segment by segment, so that a name may hold a slash. What to say where it is none."""
    raw = scope.get("raw_path") or scope["path"].encode()
    try:
        segments = [unquote_to_bytes(segment).decode() for segment in raw.partition(b"?")[0].split(b"/")]
    except UnicodeDecodeError:
        return WebError(Kind.BAD_REQUEST, "the path is not UTF-8")
    if any("\0" in segment for segment in segments):
        return WebError(Kind.BAD_REQUEST, "there is a NUL character in the path")
    scope["path"] = "/".join(segment.replace("/", SLASH) for segment in segments)
    return None


def _line(scope: Scope, status: int, size: int, seconds: float) -> dict[str, object]:
    """What the log keeps: no query, no header, and of a page only its route, for a link may be a secret."""
    state, route = scope["state"], getattr(scope.get("route"), "path", None)
    raw = scope.get("raw_path") or scope["path"].encode()
    path = raw.decode("ascii", "backslashreplace") if raw.startswith(API.encode()) else route
    line = {
        "request": state["request_id"],
        "client": scope["client"][0] if scope.get("client") else None,
        "method": scope["method"],
        "path": path,
        "status": status,
        "bytes": size,
        "ms": round(seconds * 1000, 1),
        "principal": state.get("principal"),
        "refused": state.get("refused"),
    }
    return {name: value for name, value in line.items() if value is not None}
