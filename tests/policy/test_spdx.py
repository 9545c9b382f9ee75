"""SPDX expressions: against their truth table, and against what is no expression."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.policy.spdx import Standing, is_expression, standing

STANDS = {"Good": Standing.ALLOWED, "Bad": Standing.FORBIDDEN, "New": Standing.UNKNOWN}


def judged(expression: str) -> Standing:
    return standing(expression, ["Good", "Both", "Good with Extra"], ["Bad", "Both"])


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Good", Standing.ALLOWED),
        ("gOOD", Standing.ALLOWED),
        ("Both", Standing.FORBIDDEN),
        ("Bad OR Good", Standing.ALLOWED),
        ("Bad AND Good", Standing.FORBIDDEN),
        ("New AND Bad", Standing.FORBIDDEN),
        ("New OR Bad", Standing.UNKNOWN),
        ("Good OR Good AND Bad", Standing.ALLOWED),
        ("(Good OR Good) AND Bad", Standing.FORBIDDEN),
        ("Bad AND Good OR Good", Standing.ALLOWED),
        ("Good WITH Extra", Standing.ALLOWED),
        ("Good WITH Other", Standing.UNKNOWN),
        ("New WITH Extra OR Good", Standing.ALLOWED),
        ("Good+", Standing.UNKNOWN),
        (" ( Good ) ", Standing.ALLOWED),
    ],
)
def test_standing(expression: str, expected: Standing) -> None:
    assert judged(expression) is expected
    assert is_expression(expression)


@pytest.mark.parametrize(
    ("listed", "expression"),
    [
        ("AGPL-3.0-only", "AGPL-3.0"),
        ("AGPL-3.0", "agpl-3.0-ONLY"),
        ("GPL-2.0-or-later", "GPL-2.0+"),
        ("LGPL-2.1+", "LGPL-2.1-or-later"),
        ("GPL-2.0 with Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
    ],
)
def test_a_gnu_licence_by_its_old_name_is_the_same(listed: str, expression: str) -> None:
    assert standing(expression, [], [listed]) is Standing.FORBIDDEN
    assert standing(expression, [listed], []) is Standing.ALLOWED
    assert standing(expression, ["GPL-1.0"], ["GPL-9.0-or-later"]) is Standing.UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Good Licence",
        "Good OR",
        "AND Good",
        "(Good",
        "Good)",
        "Good WITH",
        "()",
        "Good;",
        "Good / Bad",
        "Good OR OR Good",
        "Gööd",
        "(" * 500 + "Good" + ")" * 500,
    ],
)
def test_no_expression_is_never_allowed(text: str) -> None:
    assert judged(text) is Standing.UNKNOWN
    assert not is_expression(text)


_EXPRESSIONS = st.recursive(
    st.sampled_from(sorted(STANDS)).map(lambda name: (name, STANDS[name])),
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR", "and", "or"]), inner).map(
        lambda each: (
            f"({each[0][0]} {each[1]} {each[2][0]})",
            (min if each[1].upper() == "AND" else max)(each[0][1], each[2][1]),
        )
    ),
    max_leaves=20,
)


@given(_EXPRESSIONS)
def test_and_takes_the_worse_and_or_the_better(made: tuple[str, Standing]) -> None:
    assert judged(made[0]) is made[1]
