"""Around every request: its id, the headers of its answer, one line in the log, and a clear word if all else fails."""

import asyncio
import re
import time
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from governance.errors import GovernanceError
from governance.operations import refusals
from governance.web.connection import CROWDED
from governance.web.limits import LIMITS, Limits
from governance.web.problems import LOG, Kind, WebError, response_of
from governance.web.security import security_headers

API = "/api/"
HEALTH = "/healthz"
SLASH = "\0"
"""Stands for a slash inside of a segment of a path, which is no end of it. NUL itself is refused."""
_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)


class Frame:
    def __init__(self, app: ASGIApp, entropy: Callable[[int], bytes], limits: Limits = LIMITS) -> None:
        self._app, self._entropy, self._limits = app, entropy, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope).get("x-request-id", "")
        # What is no id of the agreed form is not repeated: it goes into the log.
        identifier = sent if _ID.fullmatch(sent) else self._entropy(16).hex()
        scope.setdefault("state", {})["request_id"] = identifier
        refusals.request.set(identifier)
        method, began = scope["method"], time.monotonic()
        if method == "HEAD":
            scope = {**scope, "method": "GET"}
        status = size = 0

        async def framed(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = identifier
                for name, text in security_headers(headers.get("content-type", ""), scope["scheme"]).items():
                    headers.setdefault(name, text)
                if "GET" in (allowed := headers.get("allow", "").split(", ")):
                    headers["Allow"] = ", ".join([*allowed, "HEAD"])
            elif message["type"] == "http.response.body":
                if method == "HEAD":
                    message = {**message, "body": b""}
                size += len(message.get("body", b""))
            await send(message)

        try:
            if (refused := self._refused(scope) or _path(scope)) is None:
                await self._app(scope, _in_time(receive, self._limits), framed)
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
            LOG.info("request %(request)s", _line(scope, method, status, size, time.monotonic() - began))

    def _refused(self, scope: Scope) -> WebError | None:
        """Without a look at what is asked. That the process lives is told even where there are too many, or it would be
        restarted for having too much to do."""
        headers = {"Connection": "close"}
        if scope["state"].get(CROWDED) and scope["path"] != HEALTH:
            headers["Retry-After"] = str(self._limits.retry_seconds)
            return WebError(Kind.UNAVAILABLE, "too many connections are open", headers=headers)
        size, most = sum(len(name) + len(value) for name, value in scope["headers"]), self._limits.header_bytes
        if size > most:
            expected = f"at most {most} bytes"
            return WebError(
                Kind.LARGE_HEADERS, "the headers are too large", got=f"{size} bytes", expected=expected, headers=headers
            )
        return None


def _in_time(receive: Receive, limits: Limits) -> Receive:
    """Raises WebError where the body, or the next part of it, does not come in time. Once it is here, nothing is
    awaited but the end of the connection."""
    began: float | None = None
    got, over = 0, False

    async def timed() -> Message:
        nonlocal began, got, over
        if over:
            return await receive()
        now = time.monotonic()
        began = now if began is None else began
        left = began + limits.body_seconds + got / limits.body_slowest - now
        try:
            async with asyncio.timeout(min(limits.body_idle, left)):
                message = await receive()
        except TimeoutError as error:
            raise WebError(
                Kind.TOO_SLOW,
                "the body did not come in time",
                got=f"{got} bytes in {time.monotonic() - began:.0f} s",
                expected=f"no pause of {limits.body_idle:g} s, and all of it within {limits.body_seconds:g} s"
                f" and one more for each {limits.body_slowest} bytes",
                headers={"Connection": "close"},
            ) from error
        got += len(message.get("body", b""))
        over = not message.get("more_body", False)
        return message

    return timed


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


def _line(scope: Scope, method: str, status: int, size: int, seconds: float) -> dict[str, object]:
    """What the log keeps: no query, no header, and of a page only its route, for a link may be a secret."""
    state, route = scope["state"], getattr(scope.get("route"), "path", None)
    raw = scope.get("raw_path") or scope["path"].encode()
    path = raw.decode("ascii", "backslashreplace") if raw.startswith(API.encode()) else route
    line = {
        "request": state["request_id"],
        "client": scope["client"][0] if scope.get("client") else None,
        "method": method,
        "path": path,
        "status": status,
        "bytes": size,
        "ms": round(seconds * 1000, 1),
        "principal": state.get("principal"),
        "refused": state.get("refused"),
    }
    return {name: value for name, value in line.items() if value is not None}
