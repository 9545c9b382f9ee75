"""Intervals for proportions, their ratios and their differences, from counts alone."""

import math
from functools import lru_cache
from statistics import NormalDist


@lru_cache(maxsize=64)
def z_value(alpha: float) -> float:
    """The (1 - alpha) quantile of the standard normal distribution."""
    return NormalDist().inv_cdf(1 - alpha)


def wilson(k: int, n: int, z: float) -> tuple[float, float]:
    """Score interval of a proportion k/n, n > 0 (Wilson, JASA 22, 1927). With z(alpha) each end is one-sided at
    alpha."""
    p, z2 = k / n, z * z
    centre = p + z2 / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    # At k = 0 and k = n the end is exactly 0 or 1; rounding would leave it a hair inside.
    low = 0.0 if k == 0 else (centre - half) / (1 + z2 / n)
    high = 1.0 if k == n else (centre + half) / (1 + z2 / n)
    return low, high


def transformed(value: float, se: float, least: float, most: float, z: float) -> tuple[float, float]:
    """Interval of a metric that lies strictly between `least` and `most`, on the scale where it has no ends: the logit
    of its place between them (Brown, Cai and DasGupta, Statistical Science 16, 2001, section 4.1), or its logarithm
    where `most` is infinite and `least` 0. It never leaves the range."""
    if math.isinf(most):
        factor = math.exp(min(z * se / value, 700.0))
        return value / factor, value * factor
    share = (value - least) / (most - least)
    moved = z * se / (most - least) / (share * (1 - share))
    odds = math.log(share / (1 - share))
    # The logistic function, written so that it cannot overflow.
    low, high = ((1 + math.tanh((odds + side) / 2)) / 2 for side in (-moved, moved))
    return least + (most - least) * low, least + (most - least) * high


def log_ratio_se(k1: int, n1: int, k2: int, n2: int) -> float:
    """Standard error of log((k1/n1) / (k2/n2)), all counts > 0 (Katz et al., Biometrics 34, 1978)."""
    return math.sqrt((n1 - k1) / (n1 * k1) + (n2 - k2) / (n2 * k2))


def ratio_interval(k1: int, n1: int, k2: int, n2: int, z: float) -> tuple[float, float]:
    """Interval of (k1/n1) / (k2/n2), k1 and k2 > 0, from the two score intervals on the log scale (MOVER: Zou and
    Donner,
    Statistics in Medicine 27, 2008). Unlike a delta-method interval it keeps its width where both rates are 1."""
    p1, p2 = k1 / n1, k2 / n2
    low1, high1 = wilson(k1, n1, z)
    low2, high2 = wilson(k2, n2, z)
    down = math.hypot(math.log(p1 / low1), math.log(high2 / p2))
    up = math.hypot(math.log(high1 / p1), math.log(p2 / low2))
    return p1 / p2 * math.exp(-down), p1 / p2 * math.exp(up)


def difference_se(k1: int, n1: int, k2: int, n2: int) -> float:
    """Standard error of k1/n1 - k2/n2 (Wald)."""
    p1, p2 = k1 / n1, k2 / n2
    return math.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)


def newcombe(k1: int, n1: int, k2: int, n2: int, z: float) -> tuple[float, float]:
    """Hybrid score interval of k1/n1 - k2/n2 (Newcombe, Statistics in Medicine 17, 1998, method 10)."""
    p1, p2 = k1 / n1, k2 / n2
    low1, high1 = wilson(k1, n1, z)
    low2, high2 = wilson(k2, n2, z)
    d = p1 - p2
    return d - math.hypot(p1 - low1, high2 - p2), d + math.hypot(high1 - p1, p2 - low2)


def newcombe_paired(both: int, first: int, second: int, neither: int, z: float) -> tuple[float, float]:
    """Hybrid score interval of the difference of two paired proportions, (first - second) / n: of n > 0 rows `both` are
    successes for both, `first` and `second` for one only (Newcombe, Statistics in Medicine 17, 1998, 2635-2650, method
    10, with its continuity correction of the correlation)."""
    n = both + first + second + neither
    one, other = both + first, both + second
    low1, high1 = wilson(one, n, z)
    low2, high2 = wilson(other, n, z)
    p1, p2, d = one / n, other / n, (first - second) / n
    margins = one * (n - one) * other * (n - other)
    apart = both * neither - first * second
    corrected = apart if apart < 0 else max(apart - n / 2, 0)
    phi = corrected / math.sqrt(margins) if margins else 0.0
    down, up = p1 - low1, high1 - p1
    under, over = p2 - low2, high2 - p2
    # Rounding could leave a square of a difference a hair below zero.
    return (
        d - math.sqrt(max(0.0, down * down - 2 * phi * down * over + over * over)),
        d + math.sqrt(max(0.0, up * up - 2 * phi * up * under + under * under)),
    )
