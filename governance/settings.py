"""The only reader of the environment."""

import os
import re
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


class Settings(NamedTuple):
    """What the environment says. `database`: where the trail is, if not in a file. `config` holds private keys, one
    folder per log; `ci`: never create a key; `public_url`: where people reach the service, without a slash at its end;
    `service`: the address of the one that commands work against, without a slash at its end, and `token` for it;
    `colour`: not unwanted; `dumb`: the terminal cannot move its cursor."""

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
    )


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
