"""Whether two rates differ by more than chance: against other people's code, and published figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from governance.policy.significance import fewest_expected, fisher_exact, two_proportion_z, two_sided

BIG = 2**40


@st.composite
def tables(draw: st.DrawFn, largest: int = 400) -> tuple[int, int, int, int]:
    n1, n2 = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    return draw(st.integers(0, n1)), n1, draw(st.integers(0, n2)), n2


@given(tables())
def test_fisher_equals_scipy(table: tuple[int, int, int, int]) -> None:
    k1, n1, k2, n2 = table
    expected = stats.fisher_exact([[k1, n1 - k1], [k2, n2 - k2]]).pvalue
    assert fisher_exact(*table) == pytest.approx(expected, rel=1e-6, abs=1e-300)


def test_fisher_on_the_lady_who_tastes_tea() -> None:
    """Fisher, "The design of experiments" (1935): 3 of 4 cups right, on both sides 34 of 70."""
    assert fisher_exact(3, 4, 1, 4) == pytest.approx(34 / 70, rel=1e-12)
    assert fisher_exact(4, 4, 0, 4) == pytest.approx(2 / 70, rel=1e-12)


@given(tables())
def test_fisher_does_not_ask_which_group_is_first_or_which_outcome_is_called_selected(
    table: tuple[int, int, int, int],
) -> None:
    k1, n1, k2, n2 = table
    found = fisher_exact(*table)
    assert 0 < found <= 1
    assert found == pytest.approx(fisher_exact(k2, n2, k1, n1), rel=1e-9)
    assert found == pytest.approx(fisher_exact(n1 - k1, n1, n2 - k2, n2), rel=1e-9)


@pytest.mark.parametrize("k1", [3, 5, 2**20])
def test_fisher_of_huge_groups_in_a_few_steps(k1: int) -> None:
    """Expected are a few; a table that cannot be by chance has p 0, and takes no longer."""
    found = fisher_exact(k1, 2**20, 2**20 - k1, BIG)
    expected = stats.binom(2**20, 2**20 / (BIG + 2**20))
    if k1 < 10:
        assert found == pytest.approx(
            sum(p for x in range(40) if (p := expected.pmf(x)) <= expected.pmf(k1) * 1.000001), rel=1e-3
        )
    else:
        assert found == 0.0


@given(tables(BIG))
def test_z_squared_is_pearsons_chi_square(table: tuple[int, int, int, int]) -> None:
    k1, n1, k2, n2 = table
    found = two_proportion_z(*table)
    if k1 + k2 in (0, n1 + n2):
        assert found == 0
        return
    chi2 = stats.chi2_contingency([[k1, n1 - k1], [k2, n2 - k2]], correction=False)
    assert found**2 == pytest.approx(chi2.statistic, rel=1e-5, abs=1e-5)
    assert (found > 0) == (k1 * n2 > k2 * n1) and found == pytest.approx(-two_proportion_z(k2, n2, k1, n1))
    assert fewest_expected(*table) == pytest.approx(chi2.expected_freq.min())


@given(st.floats(-30, 30))
def test_two_sided_equals_scipy(z: float) -> None:
    assert two_sided(z) == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-9)


def test_two_sided_at_the_usual_limit() -> None:
    assert two_sided(1.959963985) == pytest.approx(0.05, abs=1e-9)
