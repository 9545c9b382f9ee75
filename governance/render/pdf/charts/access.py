"""Who may do what: principals against permissions, conflicts and wildcards marked."""

from typing import NamedTuple

from reportlab.graphics.shapes import Drawing, Group

from governance.evidence.access import AccessFacts, Grant
from governance.policy.outcome import Outcome
from governance.render.pdf import style
from governance.render.pdf.charts.figure import (
    SMALL,
    WHITE,
    Case,
    Figure,
    Table,
    box,
    canvas,
    circle,
    diamond,
    fitted,
    keys,
    line,
    missing,
    square,
    text,
    wide,
)
from governance.render.wording import State, plural

_TITLE = "Access: who holds which permission"
_MOST_PEOPLE, _MOST_PERMISSIONS, _MOST_NAMED = 22, 10, 6
_ROW, _LABEL, _LEFT, _RIGHT = 14.0, 122.0, 130.0, 300.0
_WIDEST, _SLANTED, _MORE = 44.0, 74.0, 22.0
_CONFLICT = style.STATE_COLOURS[State.FAILED]
_WILD = style.STATE_COLOURS[State.INCONCLUSIVE]
_STARS = "A star marks a wildcard in the principal, permission or resource. "
_NUMBERS = "A small number counts grants, where there are several. "
_FOUND = "A conflict is what the rule about separate duties found."
_UNJUDGED = "No rule could say which permissions must be in different hands: conflicts are not marked."
_SEPARATE = "access.segregation_of_duties@"
_ABOUT = ("access.segregation_of_duties", "access.wildcards", "access.orphans", "access.stale_grants")
_GRANTS, _APPROVALS = "access.grants.", "access.approvals."


class _Person(NamedTuple):
    """`held` are the grants by permission, `conflicts` what must not be in one hand, in words."""

    name: str
    held: dict[str, list[Grant]]
    conflicts: list[str]
    barred: frozenset[str]

    @property
    def wild(self) -> bool:
        return any(_wild(grant) for grants in self.held.values() for grant in grants)


def figures(verified: Case) -> list[Figure]:
    facts = verified.evidence.facts.access
    if facts is None:
        return [missing(verified, _TITLE, "access")]
    if not facts.grants:
        return [Figure(_TITLE, "Nothing is drawn: the grants file lists no grant.")]
    people = _people(facts, verified)
    spelt: dict[str, str] = {}
    for grant in facts.grants:
        spelt.setdefault(grant.permission.casefold(), grant.permission)
    barred = frozenset().union(*(person.barred for person in people))
    holders = {one: sum(one in person.held for person in people) for one in spelt}
    wild = {grant.permission.casefold() for grant in facts.grants if _wild(grant)}
    permissions = sorted(spelt, key=lambda one: (one not in barred, one not in wild, -holders[one], one))
    shown, columns = people[:_MOST_PEOPLE], permissions[:_MOST_PERMISSIONS]
    drawing = _draw(shown, [(one, spelt[one]) for one in columns], len(columns) < len(permissions))
    cut = [
        f"{len(kept)} of {len(whole)} {what} are drawn, conflicts and wildcards first; "
        f"{len(whole) - len(kept)} more are in the bundle. "
        for kept, whole, what in ((shown, people, "principals"), (columns, permissions, "permissions"))
        if len(kept) < len(whole)
    ]
    judged = _judged(verified)
    several = any(len(grants) > 1 for person in people for grants in person.held.values())
    note = (
        f"n = {plural(len(facts.grants), 'grant')}, declared by a file and not measured. "
        f"{_STARS if any(map(_wild, facts.grants)) else ''}{_NUMBERS if several else ''}"
        f"{''.join(cut)}{_FOUND if judged else _UNJUDGED}"
    )
    rows = tuple(
        (one.name, ", ".join(spelt[held] for held in sorted(one.held)) or "none of their own", "; ".join(_marked(one)))
        for one in people
    )
    table = Table(("Principal", "Holds", "Marked because"), rows)
    words = _words(facts, people, len(permissions), judged)
    return [Figure(_TITLE, words, drawing, note, table, keys(verified, *_ABOUT))]


def _wild(grant: Grant) -> bool:
    return "*" in grant.principal + grant.permission + grant.resource


def _people(facts: AccessFacts, verified: Case) -> list[_Person]:
    """Those in a conflict first, then wildcards, then who holds most. Case does not tell people apart."""
    held: dict[str, dict[str, list[Grant]]] = {}
    spelt: dict[str, str] = {}
    for grant in facts.grants:
        person = grant.principal.casefold()
        spelt.setdefault(person, grant.principal)
        held.setdefault(person, {}).setdefault(grant.permission.casefold(), []).append(grant)
    conflicts, barred = _conflicts(verified)
    for person, name in ((name.casefold(), name) for name in conflicts):
        spelt.setdefault(person, name)
        held.setdefault(person, {})
    said: dict[str, list[str]] = {}
    without: dict[str, set[str]] = {}
    for name, words in conflicts.items():
        said.setdefault(name.casefold(), []).extend(words)
        without.setdefault(name.casefold(), set()).update(barred[name])
    people = [_Person(spelt[one], held[one], said.get(one, []), frozenset(without.get(one, ()))) for one in held]
    return sorted(people, key=lambda one: (not one.conflicts, not one.wild, -len(one.held), one.name.casefold()))


def _conflicts(verified: Case) -> tuple[dict[str, list[str]], dict[str, set[str]]]:
    """What the findings say, never judged again here: each principal's conflicts in words, and their permissions."""
    params = {rule.key: rule.params for policy in verified.policies for rule in policy.rules}
    said: dict[str, list[str]] = {}
    barred: dict[str, set[str]] = {}
    for finding in verified.decision.findings:
        if not finding.uses.startswith(_SEPARATE) or finding.outcome is not Outcome.FAIL:
            continue
        pairs = getattr(params.get(finding.key), "conflicts", ())
        for looked in finding.looked_at:
            value = looked.value or ""
            if looked.path.startswith(_APPROVALS):
                item = looked.path.removeprefix(_APPROVALS)
                said.setdefault(value, []).append(f"approved {item}")
                barred.setdefault(value, set())
            for one, other in pairs:
                if looked.path.startswith(_GRANTS) and value.startswith(f"{one}, {other} ("):
                    principal = looked.path.removeprefix(_GRANTS)
                    said.setdefault(principal, []).append(f"{one} + {other}")
                    barred.setdefault(principal, set()).update((one.casefold(), other.casefold()))
    return {name: list(dict.fromkeys(words)) for name, words in said.items()}, barred


def _judged(verified: Case) -> bool:
    """Whether a rule could say which permissions are in the wrong hands."""
    return any(
        finding.uses.startswith(_SEPARATE) and finding.outcome in (Outcome.PASS, Outcome.FAIL)
        for finding in verified.decision.findings
    )


def _words(facts: AccessFacts, people: list[_Person], permissions: int, judged: bool) -> str:
    said = f"{plural(len(people), 'principal')} and {plural(permissions, 'permission')}"
    bad = [f"{one.name} ({', '.join(one.conflicts)})" for one in people if one.conflicts]
    wild = sum(map(_wild, facts.grants))
    more = f" and {len(bad) - _MOST_NAMED} more" if len(bad) > _MOST_NAMED else ""
    none = "no conflict was found" if judged else "conflicts could not be judged"
    said += f"; in conflict: {', '.join(bad[:_MOST_NAMED])}{more}" if bad else f"; {none}"
    return f"{said}; {plural(wild, 'grant') if wild else 'no grant'} with a wildcard."


def _draw(people: list[_Person], permissions: list[tuple[str, str]], more: bool) -> Drawing:
    width = min(_WIDEST, (_RIGHT - _LEFT) / len(permissions))
    slanted = any(fitted(name, 400, SMALL, True) != fitted(name, width - 4, SMALL, True) for _, name in permissions)
    bottom = 20.0
    top = bottom + _ROW * len(people)
    drawing = canvas(top + (64 if slanted else 14))
    right = _LEFT + width * len(permissions) + _MORE * more
    drawing.add(text(0, top + 4, "Principal", size=SMALL, colour=style.ACCENT, bold=True))
    if any(person.conflicts or person.wild for person in people):
        drawing.add(text(right + 10, top + 4, "Marked because", size=SMALL, colour=style.ACCENT, bold=True))
    for number, (_, name) in enumerate(permissions):
        drawing.add(_head(name, _LEFT + width * (number + 0.5), top + 4, width, slanted))
    if more:
        drawing.add(_head("others", right - _MORE / 2, top + 4, _MORE, slanted))
    for number, person in enumerate(people):
        y = top - _ROW * (number + 0.5)
        if number % 2 == 0:
            drawing.add(box(0, y - _ROW / 2, right, _ROW, style.SHADE))
        drawing.add(text(3, y - 2.5, person.name, room=_LABEL - 3, bold=bool(person.conflicts)))
        for place, (permission, _) in enumerate(permissions):
            _cell(drawing, person, permission, _LEFT + width * (place + 0.5), y)
        drawn = {permission for permission, _ in permissions}
        if others := sum(one not in drawn for one in person.held):
            drawing.add(text(right - _MORE / 2, y - 2.5, f"+{others}", size=SMALL, anchor="middle"))
        _why(drawing, person, right + 10, y)
    drawing.add(line(0, top, right, top, style.ACCENT, 0.9))
    _legend(drawing, any(person.conflicts for person in people), any(person.wild for person in people))
    return drawing


def _head(name: str, x: float, y: float, width: float, slanted: bool) -> Group:
    """A permission's name over its column, slanted where one of them is too long to lie."""
    if not slanted:
        return Group(text(x, y, name, room=width - 4, size=SMALL, bold=True, colour=style.ACCENT, anchor="middle"))
    group = Group(text(0, 0, name, room=_SLANTED, size=SMALL, bold=True, colour=style.ACCENT))
    group.translate(x, y)
    group.rotate(45)
    return group


def _cell(drawing: Drawing, person: _Person, permission: str, x: float, y: float) -> None:
    grants = person.held.get(permission, [])
    if permission in person.barred:
        drawing.add(diamond(x, y, 5, _CONFLICT, _CONFLICT))
        if not grants or any(map(_wild, grants)):
            drawing.add(text(x, y - 4.6, "*", size=9, colour=WHITE, bold=True, anchor="middle"))
    elif any(map(_wild, grants)):
        drawing.add(square(x, y, 4.4, WHITE, _WILD))
        drawing.add(text(x, y - 5.2, "*", size=10, colour=_WILD, bold=True, anchor="middle"))
    elif grants:
        drawing.add(circle(x, y, 3, style.ACCENT, style.ACCENT))
    if len(grants) > 1:
        drawing.add(text(x + 5.4, y - 5.5, str(len(grants)), size=5, colour=style.MUTED))


def _marked(person: _Person) -> list[str]:
    said = [f"CONFLICT: {', '.join(person.conflicts)}"] if person.conflicts else []
    return [*said, "WILDCARD"] if person.wild else said


def _why(drawing: Drawing, person: _Person, x: float, y: float) -> None:
    if said := _marked(person):
        colour, room = _CONFLICT if person.conflicts else _WILD, style.WIDTH - x
        whole = "; ".join(said)
        if wide(whole, SMALL, bold=True) <= room:
            drawing.add(text(x, y - 2.5, whole, room=room, size=SMALL, bold=True, colour=colour))
            return
        for line_, part in zip((y + 1.2, y - 5.2), _halves(whole), strict=True):
            drawing.add(text(x, line_, part, room=room, size=5.8, bold=True, colour=colour))


def _halves(said: str) -> tuple[str, str]:
    """Two lines of about one length, broken behind a comma or a semicolon."""
    breaks = [at + 2 for at in range(len(said)) if said[at : at + 2] in (", ", "; ")]
    at = min(breaks, key=lambda at: abs(at - len(said) / 2), default=len(said))
    return said[:at], said[at:]


def _legend(drawing: Drawing, conflicts: bool, wild: bool) -> None:
    x = 3.0
    used = {"held": True, "conflict": conflicts, "wild": wild}
    for mark, words in (
        ("held", "granted"),
        ("conflict", "in conflict with another (star: through a wildcard)"),
        ("wild", "by a wildcard"),
    ):
        if not used[mark]:
            continue
        if mark == "held":
            drawing.add(circle(x, 6, 3, style.ACCENT, style.ACCENT))
        elif mark == "conflict":
            drawing.add(diamond(x, 6, 5, _CONFLICT, _CONFLICT))
        else:
            drawing.add(square(x, 6, 4.4, WHITE, _WILD))
            drawing.add(text(x, 0.8, "*", size=10, colour=_WILD, bold=True, anchor="middle"))
        drawing.add(text(x + 9, 3.5, words, size=SMALL))
        x += 24 + wide(words, SMALL)
