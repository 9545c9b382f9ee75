"""Intervals against other people's code, published figures and the equations that define them."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from governance.policy.intervals import difference_se, log_ratio_se, newcombe, ratio_interval, wilson, z_value

TWO_SIDED_95 = NormalDist().inv_cdf(0.975)
BIG = 2**40


@st.composite
def proportions(draw: st.DrawFn, smallest: int = 0) -> tuple[int, int]:
    n = draw(st.integers(max(1, smallest), BIG))
    return draw(st.integers(smallest, n)), n


critical = st.floats(0.1, 6)


@pytest.mark.parametrize(("alpha", "z"), [(0.05, 1.6448536), (0.025, 1.9599640), (0.01, 2.3263479), (0.5, 0.0)])
def test_z_value_is_the_published_quantile(alpha: float, z: float) -> None:
    assert z_value(alpha) == pytest.approx(z, abs=1e-7)
    assert z_value(alpha) == pytest.approx(stats.norm.ppf(1 - alpha), abs=1e-12)


@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.95, 0.98])
@pytest.mark.parametrize(
    ("k", "n"),
    [(0, 1), (1, 1), (0, 30), (30, 30), (1, 30), (17, 30), (81, 263), (15, 148), (0, 20), (1, 29), (999, 10**6)],
)
def test_wilson_equals_scipy(k: int, n: int, confidence: float) -> None:
    expected = stats.binomtest(k, n).proportion_ci(confidence, method="wilson")
    low, high = wilson(k, n, z_value((1 - confidence) / 2))
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    # Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), table I.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_figures(k: int, n: int, low: float, high: float) -> None:
    assert wilson(k, n, TWO_SIDED_95) == pytest.approx((low, high), abs=5e-5)


@given(proportions(), critical)
def test_wilson_holds_its_proportion_and_stays_within_0_and_1(proportion: tuple[int, int], z: float) -> None:
    k, n = proportion
    low, high = wilson(k, n, z)
    slack = 1e-15
    assert -slack <= low <= k / n + slack
    assert k / n - slack <= high <= 1 + slack
    assert (low == 0) >= (k == 0) and (high == 1) >= (k == n)


@given(proportions(), critical)
def test_wilson_ends_solve_the_score_equation(proportion: tuple[int, int], z: float) -> None:
    """(p - pi)^2 = z^2 pi (1 - pi) / n is what the interval is defined by (Wilson 1927)."""
    k, n = proportion
    for end in wilson(k, n, z):
        assert (k / n - end) ** 2 == pytest.approx(z * z * end * (1 - end) / n, rel=1e-6, abs=1e-14)


@given(st.integers(1, 10**6), st.data(), critical)
def test_wilson_grows_with_k_and_with_z_and_mirrors(n: int, data: st.DataObject, z: float) -> None:
    k = data.draw(st.integers(0, n - 1))
    here, above, wider = wilson(k, n, z), wilson(k + 1, n, z), wilson(k, n, z + 0.5)
    assert above[0] > here[0] - 1e-12 and above[1] > here[1] - 1e-12
    assert wider[0] <= here[0] + 1e-12 and wider[1] >= here[1] - 1e-12
    mirrored = wilson(n - k, n, z)
    assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx(here, abs=1e-12)


@given(st.integers(0, 100), st.integers(1, 100), critical, st.integers(2, 1000))
def test_wilson_narrows_with_more_of_the_same(k: int, n: int, z: float, times: int) -> None:
    k = min(k, n)
    few, many = wilson(k, n, z), wilson(k * times, n * times, z)
    assert many[0] >= few[0] - 1e-12 and many[1] <= few[1] + 1e-12


@pytest.mark.parametrize(
    ("k1", "n1", "k2", "n2", "low", "high"),
    # Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17
    # (1998), table II, method 10.
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (10, 10, 0, 20, 0.6791, 1.0),
        (10, 10, 0, 10, 0.6075, 1.0),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
    ],
)
def test_newcombe_gives_the_published_figures(k1: int, n1: int, k2: int, n2: int, low: float, high: float) -> None:
    assert newcombe(k1, n1, k2, n2, TWO_SIDED_95) == pytest.approx((low, high), abs=5e-5)


@given(proportions(), proportions(), critical)
def test_newcombe_holds_the_difference_within_bounds_and_mirrors(
    one: tuple[int, int], other: tuple[int, int], z: float
) -> None:
    low, high = newcombe(*one, *other, z)
    difference = one[0] / one[1] - other[0] / other[1]
    assert -1 - 1e-12 <= low <= difference + 1e-12
    assert difference - 1e-12 <= high <= 1 + 1e-12
    back = newcombe(*other, *one, z)
    assert (-back[1], -back[0]) == pytest.approx((low, high), abs=1e-12)


def test_katz_gives_the_textbook_figure() -> None:
    """Heart attacks, 189/11034 on placebo and 104/11037 on aspirin: 1.82 [1.43, 2.31] (Agresti 2002, section 3.1)."""
    ratio, se = (189 / 11034) / (104 / 11037), log_ratio_se(189, 11034, 104, 11037)
    ends = [ratio * math.exp(sign * TWO_SIDED_95 * se) for sign in (-1, 1)]
    assert ratio == pytest.approx(1.82, abs=5e-3)
    assert ends == pytest.approx([1.43, 2.31], abs=5e-3)


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(1, 10**6), st.integers(0, 10**6))
def test_katz_is_the_delta_method(k1: int, more1: int, k2: int, more2: int) -> None:
    """Var log(k/n) = 1/k - 1/n, and independent variances add up."""
    n1, n2 = k1 + more1, k2 + more2
    assert log_ratio_se(k1, n1, k2, n2) ** 2 == pytest.approx(1 / k1 - 1 / n1 + 1 / k2 - 1 / n2, rel=1e-6, abs=1e-15)


def test_katz_equals_scipys_relative_risk() -> None:
    interval = stats.contingency.relative_risk(189, 11034, 104, 11037).confidence_interval(0.95)
    ratio, se = (189 / 11034) / (104 / 11037), log_ratio_se(189, 11034, 104, 11037)
    found = [ratio * math.exp(sign * TWO_SIDED_95 * se) for sign in (-1, 1)]
    assert found == pytest.approx([interval.low, interval.high], rel=1e-12)


def test_mover_nears_scipys_relative_risk_on_many_rows() -> None:
    interval = stats.contingency.relative_risk(1890, 11034, 1040, 11037).confidence_interval(0.95)
    assert ratio_interval(1890, 11034, 1040, 11037, TWO_SIDED_95) == pytest.approx(
        (interval.low, interval.high), rel=2e-3
    )


@given(proportions(1), proportions(1))
def test_mover_turned_around_is_its_reciprocal(one: tuple[int, int], other: tuple[int, int]) -> None:
    low, high = ratio_interval(*one, *other, TWO_SIDED_95)
    assert (1 / high, 1 / low) == pytest.approx(ratio_interval(*other, *one, TWO_SIDED_95), rel=1e-9)
    assert low < one[0] / one[1] / (other[0] / other[1]) < high


@given(proportions(), proportions())
def test_wald_is_the_sum_of_the_binomial_variances(one: tuple[int, int], other: tuple[int, int]) -> None:
    variances = [stats.binom.var(n, k / n) / n**2 for k, n in (one, other)]
    assert difference_se(*one, *other) ** 2 == pytest.approx(sum(variances), rel=1e-9, abs=1e-24)


@given(proportions(1), proportions(1))
def test_standard_errors_do_not_depend_on_the_order_of_groups(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert log_ratio_se(*one, *other) == pytest.approx(log_ratio_se(*other, *one), rel=1e-12)
    assert difference_se(*one, *other) == pytest.approx(difference_se(*other, *one), rel=1e-12)
