"""What waits: for whoever looks, for others; the most urgent first."""

from fastapi import APIRouter, Request, Response

from governance.operations import desk
from governance.operations.desk import Shown
from governance.permissions import Does
from governance.policy.urgency import TIERS, explained
from governance.web.portal import compose, http, pages_waiting
from governance.web.portal.http import By, workspace_of
from governance.web.portal.routes_cases import notice

router = APIRouter(route_class=http.PageRoute, include_in_schema=False)

_LABELS = {Shown.MINE: "For you", Shown.OTHERS: "For others", Shown.DENIED: "Denied", Shown.ALL: "All"}
_NOTHING = {
    Shown.MINE: "Nothing waits for you.",
    Shown.OTHERS: "Nothing waits for others.",
    Shown.DENIED: "Nothing is denied.",
    Shown.ALL: "Nothing waits for anybody.",
}
_FIRST_DAY = (
    "No model was judged here yet, so nothing waits.",
    "What happens next: a team runs governance check on a model. Where its policy denies it or wants a review, "
    "the case stands here, the most urgent first.",
)


@router.get("/")
def waiting(request: Request, by: By) -> Response:
    # Whoever can answer nothing has no list of their own; whoever signs statements at most, it comes second.
    answers = by.may(Does.APPROVE).allowed or by.may(Does.SUBMIT).allowed
    signs = (Shown.MINE,) if by.may(Does.ATTEST).allowed else ()
    lists = tuple(Shown) if answers else (Shown.ALL, *signs, Shown.DENIED)
    asked = request.query_params
    shown = next((one for one in lists if one.value == asked.get("show")), lists[0])
    tier = asked.get("tier") if asked.get("tier") in TIERS else None
    words = asked.get("q", "").strip()[:200]
    wanted = desk.Wanted(tier, asked.get("environment") or None, words if "\0" not in words else "")
    found = desk.waiting(
        workspace_of(request), by.principal, by.roles, shown, wanted, http.number(request, "start"), desk.MOST
    )
    narrowed = {"tier": wanted.tier or "", "environment": wanted.environment or "", "q": wanted.words}
    total = found.counts[shown]
    page = pages_waiting.WaitingPage(
        frame=http.frame(request, "Waiting", by),
        tabs=tuple(
            pages_waiting.Tab(
                _LABELS[one], compose.address("/", show=_said(one, lists), **narrowed), found.counts[one], one is shown
            )
            for one in lists
        ),
        filters=pages_waiting.Filters(
            shown=_said(shown, lists),
            words=wanted.words,
            tier=wanted.tier or "",
            tiers=tuple(TIERS),
            environment=wanted.environment or "",
            environments=found.environments,
            clear=compose.address("/", show=_said(shown, lists)) if any(narrowed.values()) else "",
        ),
        rows=tuple(compose.waiting_row(row, by.principal, found.now) for row in found.rows),
        pager=compose.pager("/", found.start, len(found.rows), total, "case", show=_said(shown, lists), **narrowed),
        notice=notice(request),
        order=explained(),
        empty=_empty(found, shown, any(narrowed.values())),
    )
    return http.html(page)


def _said(shown: Shown, lists: tuple[Shown, ...]) -> str:
    """As the address has it; the first list needs no words."""
    return "" if shown is lists[0] else shown.value


def _empty(found: desk.Desk, shown: Shown, narrowed: bool) -> tuple[str, ...]:
    if not found.judged:
        return _FIRST_DAY
    if narrowed:
        return ("No case is all of this.",)
    if shown is Shown.MINE and found.counts[Shown.OTHERS]:
        return _NOTHING[shown], "What waits for others is one tab further."
    if shown is Shown.MINE:
        return _NOTHING[
            shown
        ], "The next case stands here as soon as it is judged, or when something allowed is about to lapse."
    return (_NOTHING[shown],)
