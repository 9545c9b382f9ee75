"""Where a decision stands in the trail."""

from types import SimpleNamespace
from typing import Any

import pytest

from governance.errors import BadInput
from governance.operations.sealing import issuing
from governance.trail.entry import EntryType


def snapshot(*types: EntryType) -> Any:
    stored = [SimpleNamespace(index=index, entry=SimpleNamespace(type=kind)) for index, kind in enumerate(types)]
    return SimpleNamespace(entries_referring=lambda digest: stored)


def test_the_entry_that_issued_it_and_none_that_stands_on_it() -> None:
    trail = snapshot(EntryType.REVIEW_APPROVED, EntryType.DECISION_ISSUED, EntryType.DECISION_ISSUED)
    assert issuing(trail, "d").index == 1


def test_no_entry_issued_it() -> None:
    with pytest.raises(BadInput, match="issued this decision"):
        issuing(snapshot(EntryType.REVIEW_APPROVED), "d")
