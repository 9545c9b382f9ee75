"""governance trail show, governance trail verify"""

import json
from pathlib import Path

from governance.cli.context import Context
from governance.errors import BadInput, ExitCode


def run(context: Context) -> int:
    return _show(context) if context.args.action == "show" else _verify(context)


def _show(context: Context) -> int:
    from governance.render.visible import visible

    workspace = context.workspace()
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        head = snapshot.head()
        start = max(0, head.size - max(0, context.args.last))
        rows = [(stored, snapshot.principal(stored.entry.actor)) for stored in snapshot.entries(start)]
    if context.as_json:
        body = {
            "schema": "governance.trail/v1",
            "origin": head.origin,
            "size": head.size,
            "root": head.root.hex(),
            "entries": [
                {
                    "index": stored.index,
                    "principal": principal,
                    "entry": stored.entry.model_dump(mode="json", by_alias=True),
                }
                for stored, principal in rows
            ],
        }
        context.say(json.dumps(body, indent=2))
        return ExitCode.ALLOW
    context.say(f"{head.origin}: {head.size} entries, root {head.root.hex()}")
    for stored, principal in rows:
        entry = stored.entry
        about = f"{entry.subject.name}@{entry.subject.version}" if entry.subject else "-"
        who = (principal or entry.actor[:12]).split("|")
        shown = who[0] if who[0] in ("log", "issuer") else who[-1]
        context.say(visible(f"{stored.index:>6}  {entry.time}  {entry.type.value:<34} {shown:<12} {about}"))
    context.hint("`governance trail verify` checks all of it")
    return ExitCode.ALLOW


def _kept(path: Path) -> bytes:
    """The checkpoint of a bundle, or a checkpoint as it is. Raises BadInput, VerificationFailed."""
    from governance.operations.files import read_whole
    from governance.trail import proof
    from governance.trail.bundle import parse_bundle

    data = read_whole(path, "bundle or checkpoint")
    if not data.startswith(b"{"):
        return data
    entries = parse_bundle(data).entries
    if not entries:
        raise BadInput("the bundle proves no entry of a trail", where=str(path))
    return proof.parse(entries[0].proof).note


def _verify(context: Context) -> int:
    from governance.store.verify import verify_trail

    workspace = context.workspace()
    trust = context.trust(workspace)
    with workspace.open_trail() as store:
        with store.snapshot() as snapshot:
            origin = snapshot.head().origin
        log = next((log for log in trust.logs if log.origin == origin), None) if trust else None
        if log is None:
            raise BadInput("the trust file does not name this log", got=origin, fix="give the trust file of this log")
        context.tell_trail(workspace)
        kept = [_kept(path) for path in context.args.against]
        verified = verify_trail(store, log.key, kept, context.progress)
    context.done()
    if context.as_json:
        body = {
            "schema": "governance.trail-verified/v1",
            "verdict": "VALID",
            "level": verified.level,
            "origin": verified.origin,
            "size": verified.size,
            "root": verified.root.hex(),
            "documents": verified.documents,
            "not_checked": list(verified.not_checked),
        }
        context.say(json.dumps(body, indent=2))
    else:
        context.say(
            f"VALID at level {verified.level}: the log vouches for itself; no witness, no time stamp\n"
            f"  {verified.origin}: {verified.size} entries, {verified.documents} documents, "
            f"{verified.checkpoints} checkpoints\n"
            f"  root {verified.root.hex()}\n"
            + (
                "  continues what was kept elsewhere; not checked: that nothing after that was cut off"
                if context.args.against
                else "  not checked: that nothing was cut off; give --against a bundle or checkpoint kept elsewhere"
            )
            + "".join(f"\n  not checked: {what}" for what in verified.not_checked)
        )
    return ExitCode.ALLOW
