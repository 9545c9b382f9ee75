"""governance trail show, governance trail verify"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from governance.cli.context import Context
from governance.errors import BadInput, ExitCode

if TYPE_CHECKING:
    from governance.client.remote import Remote
    from governance.trail.checkpoint import Checkpoint
    from governance.trail.entry import Entry


def run(context: Context) -> int:
    remote = context.remote()
    if context.args.action == "show":
        _show(context, _entries(context) if remote is None else _entries_there(context, remote))
    else:
        _say_verified(context, _verified(context) if remote is None else _verified_there(context, remote))
    return ExitCode.ALLOW


class _Listed(NamedTuple):
    """`place`: its index. `who`: the principal that acted, None where only the trail's own machine could tell. `says`:
    what an entry says that is about no model version, empty where only that machine could tell."""

    place: int
    who: str | None
    entry: "Entry"
    says: str = ""


def _entries(context: Context) -> "tuple[Checkpoint, list[_Listed]]":
    from governance.operations.words import in_words

    workspace = context.workspace()
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        head = snapshot.head()
        start = max(0, head.size - max(0, context.args.last))
        return head, [
            _Listed(stored.index, snapshot.principal(stored.entry.actor), stored.entry, in_words(snapshot, stored))
            for stored in snapshot.entries(start)
        ]


def _entries_there(context: Context, remote: "Remote") -> "tuple[Checkpoint, list[_Listed]]":
    """A pseudonym's person is no part of the log."""
    from governance.cli.places import say_trusted
    from governance.client.log import last_entries

    say_trusted(context, remote)
    head, entries = last_entries(remote, context.args.last)
    return head, [_Listed(one.place, None, one.entry) for one in entries]


def _show(context: Context, last: "tuple[Checkpoint, list[_Listed]]") -> None:
    from governance.render.visible import visible

    head, rows = last
    if context.as_json:
        body = {
            "schema": "governance.trail/v1",
            "origin": head.origin,
            "size": head.size,
            "root": head.root.hex(),
            "entries": [
                {"index": row.place, "principal": row.who, "entry": row.entry.model_dump(mode="json", by_alias=True)}
                | ({"says": row.says} if row.says else {})
                for row in rows
            ],
        }
        context.say(json.dumps(body, indent=2))
        return
    context.say(f"{head.origin}: {head.size} entries, root {head.root.hex()}")
    for row in rows:
        entry = row.entry
        about = f"{entry.subject.name}@{entry.subject.version}" if entry.subject else row.says or "-"
        who = (row.who or entry.actor[:12]).split("|")
        shown = who[0] if who[0] in ("log", "issuer") else who[-1]
        context.say(visible(f"{row.place:>6}  {entry.time}  {entry.type.value:<34} {shown:<12} {about}"))
    context.hint("`governance trail verify` checks all of it")


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


class _Verified(NamedTuple):
    """`checked`: what was, beside the entries, in words. `documents`: how many were hashed, None where none can be."""

    level: int
    origin: str
    size: int
    root: str
    documents: int | None
    checked: str
    not_checked: tuple[str, ...]


def _verified(context: Context) -> _Verified:
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
        found = verify_trail(store, log.key, kept, context.progress)
    said = f"{found.documents} documents, {found.checkpoints} checkpoints"
    return _Verified(found.level, found.origin, found.size, found.root.hex(), found.documents, said, found.not_checked)


def _verified_there(context: Context, remote: "Remote") -> _Verified:
    from governance.client.log import NOT_CHECKED, verify_log

    found = verify_log(remote, [_kept(path) for path in context.args.against], context.progress)
    said = "every entry and every tile hashed here"
    return _Verified(0, found.origin, found.size, found.root.hex(), None, said, NOT_CHECKED)


def _say_verified(context: Context, verified: _Verified) -> None:
    context.done()
    if context.as_json:
        body = {
            "schema": "governance.trail-verified/v1",
            "verdict": "VALID",
            "level": verified.level,
            "origin": verified.origin,
            "size": verified.size,
            "root": verified.root,
            "documents": verified.documents,
            "not_checked": list(verified.not_checked),
        }
        context.say(json.dumps(body, indent=2))
        return
    context.say(
        f"VALID at level {verified.level}: the log vouches for itself; no witness, no time stamp\n"
        f"  {verified.origin}: {verified.size} entries, {verified.checked}\n"
        f"  root {verified.root}\n"
        + (
            "  continues what was kept elsewhere; not checked: that nothing after that was cut off"
            if context.args.against
            else "  not checked: that nothing was cut off; give --against a bundle or checkpoint kept elsewhere"
        )
        + "".join(f"\n  not checked: {what}" for what in verified.not_checked)
    )
