"""Whether two rates differ by more than chance, from counts alone."""

import math

FEWEST_EXPECTED = 5
"""Below this in any cell the normal distribution is no longer a good approximation (Cochran, Biometrics 10, 1954)."""
# As R's fisher.test: tables as probable as the one that was seen, save for rounding, are as extreme.
_AS_PROBABLE = 1 + 1e-7


def two_proportion_z(k1: int, n1: int, k2: int, n2: int) -> float:
    """Pooled z statistic of k1/n1 - k2/n2, n1 and n2 > 0 (Fleiss, Levin and Paik, "Statistical methods for rates and
    proportions", 2003, section 3.1, without continuity correction). 0 where both rates are 0, or both 1."""
    k, n = k1 + k2, n1 + n2
    if k in (0, n):
        return 0.0
    return (k1 * n2 - k2 * n1) / math.sqrt(k * (n - k) / n * n1 * n2)


def two_sided(z: float) -> float:
    """The probability that a standard normal variable is at least |z| away from 0."""
    return math.erfc(abs(z) / math.sqrt(2))


def fewest_expected(k1: int, n1: int, k2: int, n2: int) -> float:
    """The smallest of the four counts to be expected if both rates, k1/n1 and k2/n2, were the same; n1 + n2 > 0."""
    k, n = k1 + k2, n1 + n2
    return min(n1, n2) * min(k, n - k) / n


def fisher_exact(k1: int, n1: int, k2: int, n2: int) -> float:
    """Two-sided p of Fisher's exact test that k1/n1 and k2/n2 are the same: of all tables with these margins, the
    probability of those no more probable than this one (Fisher, "Statistical methods for research workers", 5th
    edition, 1934, section 21.02; both sides as Irwin, Metron 12, 1935). 1 where there is one such table only.

    Weights are those of the hypergeometric distribution relative to its mode, by the ratio of neighbours, until they
    are too small for a float: some hundred steps where few are expected, and no factorial of a large number."""
    k, n = k1 + k2, n1 + n2
    least, most = max(0, k - n2), min(n1, k)
    mode = (n1 + 1) * (k + 1) // (n + 2)
    weights = {mode: 1.0}
    for step, end in ((1, most), (-1, least)):
        at, weight = mode, 1.0
        while at != end and weight:
            x = at if step == 1 else at - 1
            up, down = (n1 - x) * (k - x), (x + 1) * (n2 - k + x + 1)
            weight *= up / down if step == 1 else down / up
            at += step
            weights[at] = weight
    bound = weights.get(k1, 0.0) * _AS_PROBABLE
    return min(1.0, math.fsum(one for one in weights.values() if one <= bound) / math.fsum(weights.values()))
