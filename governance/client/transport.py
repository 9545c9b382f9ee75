"""HTTP to one service, and to nothing else: TLS checked, no redirect followed, every answer bounded and of its type."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode, urlsplit

from governance import __version__
from governance.canonical import sha256
from governance.client.problems import error_of, foreign
from governance.client.upload import Form, Part
from governance.errors import BadInput, GovernanceError, MachineFault
from governance.progress import Progress, silent
from governance.settings import Token
from governance.trail.bundle import MAX_BYTES

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

PREFIX = "/api/v1"
"""Of the API that is spoken here."""
JSON, YAML, PDF = "application/json", "application/yaml", "application/pdf"
TEXT = "text/plain"
LIMIT = MAX_BYTES
"""Bytes that an answer may have where nothing else is said: a bundle's."""
CONNECT, READ, WHOLE = 10.0, 60.0, 900.0
"""Seconds to be connected in, to wait for the next byte, and for an answer to be read whole."""
PAUSES = (0.5, 1.0, 2.0)
"""Seconds between one attempt and the next, where the service does not say."""
PATIENCE = 30
"""Seconds of `Retry-After` that are waited for; whoever says more is told as an error."""
_BUSY = frozenset({429, 502, 503, 504})
_CHUNK = 1 << 16

Entropy = Callable[[int], bytes]


class Answer(NamedTuple):
    """What came, whole. `headers`: their names in lower case."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class _Lost(Exception):
    """Nobody knows whether the request arrived: what may be sent twice is."""

    def __init__(self, error: GovernanceError, wait: float | None = None) -> None:
        self.error, self.wait = error, wait
        super().__init__()


class ServiceClient:
    """One service. `url` is its address without a slash at its end (`settings.service_url`), `token` goes to it alone.

    Each verb returns the answer to a request that was granted (2xx). Else it raises what the service says is wrong
    (`problems.error_of`), or MachineFault where nothing, or nothing that a service says, came back. GETs, and POSTs
    that carry an idempotency key, are sent again where the connection broke or the service asks for it, three times at
    most.
    """

    def __init__(
        self,
        url: str,
        token: Token | None,
        entropy: Entropy,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        import urllib3

        self.url, self._token, self._entropy, self._sleep, self._clock = url, token, entropy, sleep, clock
        parts = urlsplit(url)
        self._prefix = parts.path + PREFIX
        pool = urllib3.HTTPSConnectionPool if parts.scheme == "https" else urllib3.HTTPConnectionPool
        # The name and the chain of a certificate are checked: that is this pool's default, and nothing here lowers it.
        self._pool = pool(parts.hostname or "", parts.port, retries=False)

    def get(
        self, path: str, *, media_type: str = JSON, query: Mapping[str, str] | None = None, limit: int = LIMIT
    ) -> Answer:
        """`path` below the API's prefix, with what is special in its segments quoted already."""
        target = f"{path}?{urlencode(query)}" if query else path
        return self._send("GET", target, {"Accept": media_type}, None, media_type, limit, again=True)

    def post(
        self,
        path: str,
        body: bytes,
        content_type: str,
        *,
        media_type: str = JSON,
        key: str | None = None,
        if_match: str | None = None,
        limit: int = LIMIT,
    ) -> Answer:
        """`key`: the idempotency key (`new_key`). `if_match`: the digest of the decision that was seen."""
        headers = self._saying(content_type, media_type, key, if_match)
        return self._send("POST", path, headers, lambda: iter([body]), media_type, limit, len(body), again=bool(key))

    def post_form(
        self,
        path: str,
        parts: Sequence[Part],
        *,
        media_type: str = JSON,
        key: str | None = None,
        if_match: str | None = None,
        limit: int = LIMIT,
        patience: float | None = None,
        progress: Progress = silent,
    ) -> Answer:
        """As `post`, a form whose files are sent as they are read, which `progress` is told. `patience`: seconds until
        the answer begins, where those are not READ. Also raises what `Form` does."""
        form = Form(parts, self._entropy(16).hex())
        headers = self._saying(form.media_type, media_type, key, if_match)

        def chunks() -> Iterator[bytes]:
            sent = 0
            for chunk in form.chunks():
                progress(f"sending to {self.url}", sent, form.length)
                yield chunk
                sent += len(chunk)
            progress("waiting for the answer")

        return self._send("POST", path, headers, chunks, media_type, limit, form.length, again=bool(key), read=patience)

    def new_key(self) -> str:
        """For one request, however often it is sent."""
        return self._entropy(16).hex()

    @staticmethod
    def _saying(content_type: str, media_type: str, key: str | None, if_match: str | None) -> dict[str, str]:
        headers = {"Content-Type": content_type, "Accept": media_type}
        if key is not None:
            headers["Idempotency-Key"] = key
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        return headers

    def _send(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: Callable[[], Iterator[bytes]] | None,
        media_type: str,
        limit: int,
        length: int = 0,
        *,
        again: bool,
        read: float | None = None,
    ) -> Answer:
        if self._token is None:
            raise BadInput(
                "no token: the service would not know who asks",
                expected="GOVERNANCE_TOKEN",
                fix=f"make one on {self.url}/account; a pipeline gets it as a secret",
            )
        said = {
            **headers,
            "Authorization": f"Bearer {self._token.secret}",
            "User-Agent": f"governance/{__version__}",
            "Accept-Encoding": "identity",
            **({"Content-Length": str(length)} if body else {}),
        }
        for pause in (*PAUSES, None):
            try:
                return self._once(
                    method, self._prefix + path, said, body, media_type, limit, READ if read is None else read
                )
            except _Lost as lost:
                wait = lost.wait if lost.wait is not None else pause
                if not again or pause is None or wait is None or wait > PATIENCE:
                    raise lost.error from lost.__cause__
                self._sleep(wait)
        raise RuntimeError("the last attempt returns or raises")

    def _once(
        self,
        method: str,
        target: str,
        headers: dict[str, str],
        body: Callable[[], Iterator[bytes]] | None,
        media_type: str,
        limit: int,
        read: float,
    ) -> Answer:
        from urllib3 import Timeout, exceptions

        try:
            response = self._pool.urlopen(
                method,
                target,
                body=body() if body else None,
                headers=headers,
                timeout=Timeout(connect=CONNECT, read=read),
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
            )
            try:
                answer = self._read(response, limit)
            finally:
                response.close()
        except exceptions.SSLError as error:
            raise MachineFault(
                "the service does not prove who it is",
                got=_inmost(error),
                fix="a certificate of your own authority: name its file in SSL_CERT_FILE; never switch the check off",
                where=self.url,
            ) from error
        except (exceptions.HTTPError, OSError) as error:
            raise _Lost(_unreached(error, self.url, read)) from error
        return self._granted(answer, media_type)

    def _read(self, response: "BaseHTTPResponse", limit: int) -> Answer:
        """The whole answer. Raises MachineFault for one that is longer than its limit, or goes on for ever."""
        headers = {name.lower(): text for name, text in response.headers.items()}
        until = self._clock() + WHOLE
        chunks, size = [], 0
        while chunk := response.read1(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise MachineFault("the answer is too large", expected=f"at most {limit} bytes", where=self.url)
            if self._clock() > until:
                raise MachineFault("the answer does not end", expected=f"all of it in {WHOLE:.0f} s", where=self.url)
            chunks.append(chunk)
        return Answer(response.status, headers, b"".join(chunks))

    def _granted(self, answer: Answer, media_type: str) -> Answer:
        if not 200 <= answer.status < 300:
            error = error_of(answer.status, answer.headers, answer.data, self.url)
            if answer.status in _BUSY:
                after = answer.headers.get("retry-after", "")
                # A date is allowed too (RFC 9110 section 10.2.3); then our own pauses do.
                raise _Lost(error, float(after) if after.isdecimal() and len(after) < 6 else None)
            raise error
        came = answer.headers.get("content-type", "")
        if came.partition(";")[0].strip().lower() != media_type or answer.headers.get("content-encoding"):
            raise foreign(answer.status, answer.headers, self.url, expected=media_type)
        tag = answer.headers.get("etag", "")
        if len(tag) == 66 and tag != f'"{sha256(answer.data)}"':
            # It names these very bytes: something on the way cut them off or changed them.
            raise MachineFault(
                "the answer is not what the service sent",
                got=f"{len(answer.data)} bytes, sha256 {sha256(answer.data)}",
                expected=f"sha256 {tag[1:-1]}",
                fix="run it again; see to the proxy between, if there is one",
                where=self.url,
            )
        return answer


def _inmost(error: BaseException) -> str:
    """What was said first, in few words and in ASCII: the library wraps it."""
    while inner := next((one for one in (*error.args, error.__cause__) if isinstance(one, BaseException)), None):
        error = inner
    return ascii(str(error))[1:-1][:200] or type(error).__name__


def _unreached(error: BaseException, url: str, read: float) -> MachineFault:
    from urllib3 import exceptions

    if isinstance(error, exceptions.NewConnectionError | exceptions.NameResolutionError):
        what, fix = "the service cannot be reached", "see that it runs, and that GOVERNANCE_URL names it"
    elif isinstance(error, exceptions.ConnectTimeoutError):
        what, fix = f"the service cannot be reached in {CONNECT:.0f} s", "see to the network between"
    elif isinstance(error, exceptions.ReadTimeoutError):
        what, fix = f"the service said nothing for {read:.0f} s", "run it again; see to the service's log"
    else:
        what, fix = "the connection to the service broke off", "run it again; see to the proxy between, if there is one"
    return MachineFault(what, got=_inmost(error), fix=fix, where=url)
