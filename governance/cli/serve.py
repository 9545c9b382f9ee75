"""governance serve"""

import json
import logging
import signal
import socket
import ssl
import sys
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from governance.bundled import DEFAULT_POLICY
from governance.cli.context import Context
from governance.errors import BadInput, ExitCode, MachineFault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.operations.workspace import Workspace
    from governance.policy.baseline import LoadedBaseline
    from governance.web.served import Served


def run(context: Context) -> int:
    args = context.args
    https = _https(context)
    if not (https or args.behind_proxy or _is_local(args.host)):
        raise BadInput(
            "tokens and passwords would travel in the clear",
            got=f"--host {args.host} without https",
            fix="give --certificate and --private-key; or --behind-proxy ADDRESS, of the proxy that speaks https; or"
            " leave --host out, and only this machine is answered",
        )
    for address in args.behind_proxy:
        _assert_proxy(address)
    try:
        from governance.web.app import create_app
        from governance.web.portal import add_portal
    except ModuleNotFoundError as error:
        raise BadInput(
            "serving is not installed", got=f"no module {error.name}", fix="pip install 'governance[server]'"
        ) from error
    served = _served(context)
    listening = _listen(args.host, args.port)
    with listening:
        app = create_app(served, add_portal)
        place = _place(listening, args.host, bool(https))
        _log(context)
        _serve(app, listening, https, args.behind_proxy, lambda: _say(context, place))
    context.note("stopped: what was answered is recorded")
    return ExitCode.ALLOW


def _served(context: Context) -> "Served":
    from pathlib import Path

    from governance.keys import MACHINE_ROLES
    from governance.operations.adopt import read_baseline
    from governance.operations.in_force import serve
    from governance.operations.people import AccountPeople
    from governance.operations.release import adopt, ruling
    from governance.settings import DatabaseUrl
    from governance.web.served import Served

    args = context.args
    if args.database is not None:
        context.settings = context.settings._replace(database=DatabaseUrl(args.database))
    default = [context.settings.policy or DEFAULT_POLICY]
    named = args.baseline or ([context.settings.baseline] if context.settings.baseline else [])
    baselines = _by_model([read_baseline(Path(name)) for name in named])
    workspace = context.workspace()
    rules = ruling(workspace, args.policy or default)
    origin = workspace.trust().logs[0].origin
    for role in MACHINE_ROLES:
        workspace.required_signer(origin, role)
    adopt(workspace, rules.released)
    serve(workspace, rules.policies, baselines, args.reason or "")
    _tell_empty(context, workspace)
    return Served(workspace, AccountPeople(workspace), rules.policies, baselines)


def _by_model(baselines: "list[LoadedBaseline]") -> "Mapping[str, LoadedBaseline]":
    found = {one.document.model: one for one in baselines}
    if len(found) != len(baselines):
        models = ", ".join(one.document.model for one in baselines)
        raise BadInput("two baselines are about one model", got=models, expected="one for each", where="--baseline")
    return found


def _tell_empty(context: Context, workspace: "Workspace") -> None:
    from governance.operations.accounts import list_accounts
    from governance.operations.caller import Operator

    if not list_accounts(workspace, Operator()):
        context.note("Nobody has an account yet: `governance account invite NAME --role admin` prints a link.")


def _https(context: Context) -> dict[str, Any]:
    """Options of the server for https, none where it is not wanted. Raises BadInput for files that do not work."""
    certificate, key = context.args.certificate, context.args.private_key
    if certificate is None and key is None:
        return {}
    if certificate is None or key is None:
        raise BadInput("https takes a certificate and its key", fix="give both --certificate and --private-key")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ssl.SSLError, ValueError) as error:
        raise BadInput(
            "not a certificate and its key", got=str(error), expected="two files in PEM", where=str(certificate)
        ) from error
    return {"ssl_certfile": str(certificate), "ssl_keyfile": str(key)}


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _assert_proxy(address: str) -> None:
    """Raises BadInput for what names no machine: behind `*` everybody could say where they come from, and a name is
    compared with addresses."""
    try:
        if not ip_network(address).prefixlen:
            raise ValueError("that is everybody")
    except ValueError as error:
        raise BadInput(
            "not the address of a proxy", got=address, expected="10.0.0.7, or a network such as 10.0.0.0/24",
            where="--behind-proxy",
        ) from error  # fmt: skip


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family, backlog=2048)
        # Each connection inherits it. Else the second packet of an answer waits for the caller's word on the first,
        # which systems delay by some 40 ms.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except (OSError, OverflowError, UnicodeError) as error:
        raise MachineFault(
            "nobody can be answered there",
            got=str(error),
            fix="give another --port (0 takes a free one), or an address of this machine as --host",
            where=f"{host}:{port}",
        ) from error


def _place(listening: socket.socket, host: str, https: bool) -> str:
    port = listening.getsockname()[1]
    return f"{'https' if https else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def _say(context: Context, place: str) -> None:
    context.say(f"Serving {context.workspace().place} on {place}; Ctrl-C stops it.")
    sys.stdout.flush()


def _serve(app: Any, listening: socket.socket, https: dict[str, Any], proxies: list[str], say: Any) -> None:
    import uvicorn

    from governance.web.connection import configured

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                say()

    config = configured(
        app,
        # Whose word on where a request comes from is believed.
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        **https,
    )
    # The server passes a signal on once it has stopped: that it came is then no news.
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda number, frame: None)
    server = Server(config)
    server.run(sockets=[listening])
    if not server.started:
        raise MachineFault("the service did not start", fix="the lines above say why")


class _Lines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        told = record.args if isinstance(record.args, dict) else {"message": record.getMessage()}
        if record.exc_info:
            told = {**told, "error": self.formatException(record.exc_info)}
        return json.dumps(line | told)


def _log(context: Context) -> None:
    """To standard error: a line for each request, unless --quiet; faults in any case."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("governance").setLevel(logging.WARNING if context.quiet else logging.INFO)
