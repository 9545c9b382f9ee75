"""What the findings rest on, who acted, and what proves that it was so."""

from typing import Any

from reportlab.platypus import CondPageBreak, Flowable, Paragraph

from governance.evidence.origin import Input
from governance.policy.decision import Recorded
from governance.render import wording
from governance.render.pdf import style
from governance.render.pdf.blocks import digest, grid, labelled, listed, paragraph, verbatim
from governance.render.visible import clip
from governance.verification import Verified


def evidence(verified: Verified) -> list[Flowable]:
    """Inputs with their digests, and each group of facts with who says so."""
    found = verified.evidence
    story: list[Flowable] = _table_title("Files that were read")
    rows = [
        [
            item.role,
            clip(item.path, 160),
            "-" if item.rows is None else f"{item.rows:,}",
            digest(item.sha256, halves=True),
            _match(item),
        ]
        for item in found.inputs
    ]
    story.append(
        grid(("Role", "Path", "Rows", "SHA-256", "Recorded"), rows, (112, style.WIDTH - 390, 44, 138, 96), right=(2,))
        if rows
        else paragraph("None.")
    )
    story += _table_title("Facts, and on whose word")
    story.append(grid(("Facts", "About", "Origin"), _facts(verified), (92, 200, style.WIDTH - 292)))
    story.append(Paragraph("How it was measured", style.GROUP))
    tools = ", ".join(f"{name} {version}" for name, version in sorted(found.tools.items())) or "none recorded"
    story.append(
        labelled(
            [
                ("begun", found.started_at),
                ("by", f"{wording.principal(found.origin.by)}, {found.origin.where}"),
                ("tools", tools),
                ("risk tier", f"{found.risk_tier} (as the manifest says)"),
                ("manifest", digest(found.manifest)),
                ("evidence", digest(verified.evidence_sha256)),
            ],
            style.WIDTH,
        )
    )
    return story


def _table_title(title: str) -> list[Flowable]:
    """Above a table that may go on over pages: its first rows follow on the same page."""
    return [CondPageBreak(_ROOM_FOR_ROWS), paragraph(title, style.ACT)]


_ROOM_FOR_ROWS = 90


def _match(item: Input) -> str:
    if item.recorded is None:
        return "no digest recorded"
    return "as recorded" if item.recorded == item.sha256 else f"DIFFERS from {item.recorded[: wording.DIGEST_SHOWN]}..."


def _facts(verified: Verified) -> list[list[Any]]:
    found = verified.evidence
    absent = {item.facts: item for item in found.facts.absent}
    rows = []
    for name, words in wording.FACTS.items():
        if getattr(found.facts, name) is not None:
            origin = found.origin_of(name)
            predictions = f", {origin.predictions} predictions" if origin.predictions else ""
            rows.append([name, words, f"{origin.kind}{predictions}"])
        elif name in absent:
            rows.append([name, words, f"{absent[name].kind}: {absent[name].why}"])
        else:
            rows.append([name, words, "no rule asked for it"])
    return rows


def acts(verified: Verified) -> list[Flowable]:
    """Each act with its whole reason, and what the decision made of it."""
    if not verified.acts:
        return [paragraph("Nobody has acted on this decision.")]
    return [flowable for recorded in verified.acts for flowable in _act(verified, recorded)]


def _act(verified: Verified, recorded: Recorded) -> list[Flowable]:
    act = recorded.act
    pairs: list[tuple[str, Any]] = [("when", act.at), ("decision seen", digest(act.decision))]
    if waiver := act.waiver:
        counted = wording.weighed(verified.decision, recorded.sha256)
        groups = ", ".join(map(wording.group_name, waiver.groups)) or "all"
        pairs += [
            ("waives", f"{waiver.key}; groups: {groups}; no worse than: {waiver.no_worse_than or 'no bound given'}"),
            ("asked for by", wording.principal(waiver.requester) if waiver.requester else "nobody is named"),
            ("ticket", waiver.ticket),
            ("live", f"from {waiver.not_before} until {waiver.expires}"),
            ("covers", wording.COVERS[waiver.covers]),
            ("compensating", waiver.compensating or "no compensating control is named"),
            *([("only while", waiver.compensating_condition)] if waiver.compensating_condition else []),
            ("counted", counted),
        ]
    if given := act.attestation:
        judged = {finding.key: wording.state_of(finding).value for finding in verified.decision.findings}
        for one in given.statements:
            became = judged.get(one.key, "no rule asks for it here")
            pairs.append((f"it is {wording.SO[one.holds]}", f"“{one.text}” ({one.key}: {became})"))
        pairs += [("live", f"until {given.expires}"), ("covers", wording.COVERS[given.covers])]
    pairs.append(("act", digest(recorded.sha256)))
    return [
        CondPageBreak(130),
        paragraph(f"{act.kind} by {wording.principal(act.actor)}, {act.role}", style.ACT),
        paragraph(act.reason),
        labelled(pairs, style.WIDTH),
    ]


def receipt(verified: Verified) -> list[Flowable]:
    """Log, root, entries, checkpoint as it was signed, signatures, and how far the proof goes."""
    entries = [[f"{index:,}", entry.type.value, entry.time, entry.id] for index, entry in verified.entries]
    signatures = [
        [
            signed.role,
            signed.principal or "-",
            digest(signed.keyid, halves=True),
            signed.type,
            digest(signed.document, halves=True),
        ]
        for signed in verified.signed
    ]
    level = wording.LEVELS.get(verified.level, "unknown to this version")
    return [
        labelled(
            [
                ("log", verified.origin),
                ("entries in it", f"{verified.size:,}"),
                ("root", digest(verified.root)),
                ("level of proof", f"{verified.level}, {level}"),
            ],
            style.WIDTH,
        ),
        *_table_title("Entries of this case"),
        grid(("Index", "What", "When", "Entry"), entries, (44, 168, 104, style.WIDTH - 316), right=(0,)),
        Paragraph("Checkpoint, as the log signed it", style.GROUP),
        verbatim(verified.checkpoint_note, style.WIDTH),
        *_table_title("Signatures that held"),
        grid(("Role", "Who", "Key", "Document", "SHA-256"), signatures, (50, style.WIDTH - 430, 138, 108, 134)),
        Paragraph("Checked before this report was made", style.GROUP),
        *listed(verified.checked),
    ]


def limits(verified: Verified) -> list[Flowable]:
    """What this case leaves open; the definition's own items follow."""
    story: list[Flowable] = []
    absent = [f"{item.facts}: {item.why}" for item in verified.evidence.facts.absent]
    for title, items in (
        ("Not checked", verified.not_checked),
        ("Not in the evidence", tuple(absent)),
        ("Notes of the decision", verified.decision.notes),
    ):
        if items:
            story += [Paragraph(title, style.GROUP), *listed(items)]
    return story
