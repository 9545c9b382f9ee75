"""The catalogue of reasons: each line is read, or refused with its number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.collect import reasons
from governance.errors import BadInput
from governance.evidence.manifest import Manifest
from governance.evidence.reasons import Reason, ReasonsSection

HEAD = "feature,code,text,barred\n"


@pytest.mark.parametrize(
    "text",
    [
        f'{HEAD}income,R1,"Income too low, for the amount",\nage,,,the law bars it\n',
        f'\ufeff{HEAD}\nincome, R1 ,"Income too low, for the amount",\r\n\r\nage,,,the law bars it',
        'barred,text,code,feature\n,"Income too low, for the amount",R1,income\nthe law bars it,,,age\n',
    ],
)
def test_a_catalogue(text: str) -> None:
    one, other = reasons.catalogue(text.encode(), "r.csv")
    assert (one.feature, one.code, one.text, one.barred) == ("income", "R1", "Income too low, for the amount", None)
    assert (other.feature, other.code, other.text, other.barred) == ("age", None, None, "the law bars it")
    assert one.line < other.line


def test_what_says_nothing_is_kept_for_the_rule_to_find() -> None:
    assert reasons.catalogue(b"feature,text\nincome,\n", "r.csv") == (Reason(line=2, feature="income"),)
    assert reasons.catalogue(b"feature\nincome\n", "r.csv") == (Reason(line=2, feature="income"),)
    assert reasons.catalogue(HEAD.encode(), "r.csv") == ()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("income,R1,Too low,\nincome,R2,Too small,\n", "a feature comes twice"),
        ("income,R1,Too low,not for people\n", "a feature that is barred has a text"),
        ("income,R1,internal\u200bstandards,\n", "a character that cannot be seen"),
        ("in\u202ecome,R1,Too low,\n", "a character that cannot be seen"),
        (f"income,R1,{'x' * 501},\n", "the cell 'text' is too long"),
        ("income,R1,Too\x07low,\n", "a control character"),
        ("income,R1,Too low\n", "wrong number of cells"),
        (",R1,Too low,\n", "the cell 'feature' is empty"),
        ('income,R1,"Too low,\n', "not CSV"),
    ],
)
def test_what_is_refused_is_told_with_its_line(rows: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as told:
        reasons.catalogue((HEAD + rows).encode(), "r.csv")
    assert told.value.where.startswith("r.csv:")


@pytest.mark.parametrize(("data", "said"), [(b"\xff\n", "UTF-8"), (b"", "empty"), (b"column\nx\n", "unknown column")])
def test_what_is_no_catalogue(data: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        reasons.catalogue(data, "r.csv")


def test_the_longest_text_is_taken() -> None:
    (one,) = reasons.catalogue(f"feature,text\nincome,{'x' * 500}\n".encode(), "r.csv")
    assert len(one.text or "") == 500


@given(st.binary(max_size=300))
def test_any_bytes_are_a_catalogue_or_bad_input(data: bytes) -> None:
    for start in (b"", HEAD.encode()):
        try:
            found = reasons.catalogue(start + data, "r.csv")
        except BadInput:
            continue
        assert len({one.feature for one in found}) == len(found)


def manifest(**section: object) -> Manifest:
    return Manifest.model_validate(
        {
            "schema": "governance.manifest/v1",
            "model": {"name": "m", "version": "1"},
            "artifact": {"none": "not here"},
            "features": ["income", "age"],
            "reasons": {"catalogue": "r.csv"} | section,
        }
    )


def test_facts_are_declared_and_name_the_features_of_the_model() -> None:
    about = manifest(most=4, compared_with=("all-applicants",))
    assert about.reasons is not None
    found = reasons.facts(about, about.reasons, (Reason(line=2, feature="income"),))
    assert found.origin is not None and found.origin.kind == "declared"
    assert (found.features, found.most, found.compared_with) == (("income", "age"), 4, ("all-applicants",))
    assert reasons.facts(about, ReasonsSection(catalogue="r.csv"), ()).most is None


@pytest.mark.parametrize("wrong", [{"most": 0}, {"most": 101}, {"compared_with": ()}, {"compared_with": ("nobody",)}])
def test_what_a_manifest_may_not_say(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="reasons"):
        manifest(**wrong)
