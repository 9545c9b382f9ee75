"""The only reader of the environment."""

import os
import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from governance.errors import BadInput

VARIABLES = {
    "GOVERNANCE_POLICY": "The policy, where `--policy` is not given; `baseline` where neither is.",
    "GOVERNANCE_BASELINE": "The baseline of known failures, where `--baseline` is not given; none where neither is.",
    "GOVERNANCE_DATABASE_URL": "The PostgreSQL database of the trail, `postgresql://user@host/database`; not set: the "
    "file `.governance/trail.db`. A password in it is never shown; better keep it in `~/.pgpass`, which libpq reads.",
    "GOVERNANCE_URL": "The service, as `https://governance.example`: its trail and its policies count, instead of this "
    "project's. `http` only on this machine.",
    "GOVERNANCE_TOKEN": "Who you are to that service: a token, made on the account page (`gvt_...`). It is never "
    "shown, and sent to `GOVERNANCE_URL` alone.",
    "GOVERNANCE_PUBLIC_URL": "Where people reach the service, as `https://governance.example`: links begin with it.",
    "GOVERNANCE_UPLOADS": "The folder in which the service keeps files for as long as it measures them, for nobody "
    "else to read; not set: `.governance/uploads`.",
    "GOVERNANCE_UPLOAD_BYTES": "What all files of one upload may weigh together, as `4GiB`, which it is where not set.",
    "GOVERNANCE_UPLOAD_FILE_BYTES": "What one file of an upload may weigh; not set: `2GiB`.",
    "GOVERNANCE_MEASURE_AT_ONCE": "How many uploads the service takes and measures at once; `0`: it measures for "
    "nobody; not set: one for each processor but one, and at least one.",
    "GOVERNANCE_MEASURE_SECONDS": "How long one measurement may take; not set: `1200`.",
    "GOVERNANCE_MEASURE_MEMORY": "The address space of one process that measures; not set: `6GiB`. One that opens a "
    "model has as much again.",
    "GOVERNANCE_CONFIG_DIR": "The folder of private keys, one folder per log; not set: `governance` under "
    "`XDG_CONFIG_HOME`.",
    "XDG_CONFIG_HOME": "The folder of a user's configuration; not set: `~/.config`.",
    "CI": "Set to anything but `0` or `false`: no key is ever made, and evidence says that it comes from CI.",
    "NO_COLOR": "Set to anything: no colours (https://no-color.org).",
    "TERM": "`dumb`: the terminal cannot move its cursor, so no colours and no progress.",
}
"""Every variable that is read, and what it means."""


class DatabaseUrl:
    """Where a PostgreSQL database is. Whatever shows it shows host and name; only `secret` holds user and password."""

    # As RFC 3986 has it: what is reserved must be percent-encoded, or a piece of a password would pass for a host.
    _FORM = re.compile(
        r"postgres(?:ql)?://(?:[^\s@/?#]*@)?(?P<hosts>[^\s@/?#]*)(?P<name>/[^\s@/?#]*)?(?:\?(?P<options>[^\s@#]*))?"
    )

    def __init__(self, text: str) -> None:
        """Raises BadInput, which does not repeat the text."""
        form = self._FORM.fullmatch(text)
        if form is None:
            raise BadInput(
                "not the address of a PostgreSQL database",
                expected="postgresql://user@host:5432/database",
                fix="percent-encode what is special in a password, or keep it in ~/.pgpass",
                where="GOVERNANCE_DATABASE_URL",
            )
        hosts = form["hosts"] or ",".join(re.findall(r"(?:^|&)host=([^&]*)", form["options"] or ""))
        self.secret = text
        self._shown = f"postgresql://{hosts}{form['name'] or ''}"

    def __str__(self) -> str:
        return self._shown

    __repr__ = __str__


class Token:
    """What proves to a service who asks. Whatever shows it shows nothing of it; only `secret` holds it."""

    def __init__(self, text: str) -> None:
        """Raises BadInput, which does not repeat the text."""
        if not re.fullmatch(r"[!-~]{1,200}", text, re.ASCII):
            raise BadInput(
                "not a token",
                got="a line break" if "\n" in text or "\r" in text else "other characters than a token has",
                expected="gvt_ and 43 letters, digits, - and _, with nothing before or behind",
                fix="copy it anew; a secret that was read from a file often ends in a line break",
                where="GOVERNANCE_TOKEN",
            )
        self.secret = text

    def __repr__(self) -> str:
        return "Token(...)"


class Measuring(NamedTuple):
    """How a service measures what is sent to it. `uploads`: the folder, None for the workspace's own. `whole`, `file`:
    bytes of an upload and of one file in it. `at_once`: uploads, 0 for none. `seconds` and `memory` (bytes) are what
    one measurement may take."""

    uploads: Path | None = None
    whole: int = 4 << 30
    file: int = 2 << 30
    at_once: int = 1
    seconds: int = 1200
    memory: int = 6 << 30


class Settings(NamedTuple):
    """What the environment says. `database`: where the trail is, if not in a file. `config` holds private keys, one
    folder per log; `ci`: never create a key; `public_url`: where people reach the service, without a slash at its end;
    `service`: the address of the one that commands work against, without a slash at its end, and `token` for it;
    `measuring`: for others, as a service; `colour`: not unwanted; `dumb`: the terminal cannot move its cursor."""

    config: Path
    ci: bool
    colour: bool
    policy: str | None
    baseline: str | None = None
    dumb: bool = False
    database: DatabaseUrl | None = None
    public_url: str | None = None
    service: str | None = None
    token: Token | None = None
    measuring: Measuring = Measuring()


def load_settings() -> Settings:
    """What VARIABLES say; one that is not listed is not read. Raises BadInput."""
    env = {name: value for name, value in os.environ.items() if name in VARIABLES}
    base = Path(env.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Settings(
        config=Path(env.get("GOVERNANCE_CONFIG_DIR") or base / "governance"),
        ci=env.get("CI", "").lower() not in ("", "0", "false"),
        colour=not env.get("NO_COLOR"),
        policy=env.get("GOVERNANCE_POLICY") or None,
        baseline=env.get("GOVERNANCE_BASELINE") or None,
        dumb=env.get("TERM") == "dumb",
        database=DatabaseUrl(url) if (url := env.get("GOVERNANCE_DATABASE_URL")) else None,
        public_url=public_url(url, "GOVERNANCE_PUBLIC_URL") if (url := env.get("GOVERNANCE_PUBLIC_URL")) else None,
        service=service_url(url, "GOVERNANCE_URL") if (url := env.get("GOVERNANCE_URL")) else None,
        token=Token(text) if (text := env.get("GOVERNANCE_TOKEN")) else None,
        measuring=_measuring(env),
    )


def _measuring(env: Mapping[str, str]) -> Measuring:
    usual = Measuring(at_once=max(1, (os.cpu_count() or 1) - 1))
    return Measuring(
        uploads=Path(folder) if (folder := env.get("GOVERNANCE_UPLOADS")) else None,
        whole=_amount(env, "GOVERNANCE_UPLOAD_BYTES", usual.whole, unit=True),
        file=_amount(env, "GOVERNANCE_UPLOAD_FILE_BYTES", usual.file, unit=True),
        at_once=_amount(env, "GOVERNANCE_MEASURE_AT_ONCE", usual.at_once, least=0),
        seconds=_amount(env, "GOVERNANCE_MEASURE_SECONDS", usual.seconds),
        memory=_amount(env, "GOVERNANCE_MEASURE_MEMORY", usual.memory, unit=True),
    )


_UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def _amount(env: Mapping[str, str], name: str, usual: int, *, least: int = 1, unit: bool = False) -> int:
    """A number, of bytes where it may have a unit."""
    text = env.get(name) or str(usual)
    form = re.fullmatch(rf"([0-9]{{1,12}})({'|'.join(_UNITS) if unit else ''})", text, re.ASCII)
    if form is None or int(form[1]) < least:
        expected = f"a number from {least}" + (", or one with KiB, MiB or GiB behind it" if unit else "")
        raise BadInput("not an amount", got=ascii(text)[:100], expected=expected, where=name)
    return int(form[1]) * _UNITS[form[2] or ""]


def public_url(text: str, where: str) -> str:
    """The address of a service, without a slash at its end. Raises BadInput."""
    if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9._~/-]*)?", text):
        raise BadInput(
            "not the address of a service", got=ascii(text), expected="https://governance.example", where=where
        )
    return text.rstrip("/")


def service_url(text: str, where: str) -> str:
    """The address of a service that a secret may be sent to, without a slash at its end. Raises BadInput: also for one
    on which others could listen."""
    url = public_url(text, where)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host:
        raise BadInput(
            "not the address of a service", got=ascii(text), expected="https://governance.example", where=where
        )
    if parts.scheme != "https" and not _here(host):
        raise BadInput(
            "a token would travel in the clear",
            got=ascii(text),
            expected="https://, or http:// to this machine (127.0.0.1, localhost)",
            fix="give the service a certificate: `governance serve --certificate`, or a proxy that speaks https",
            where=where,
        )
    return url


def _here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
