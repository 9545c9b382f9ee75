"""Every byte of a bundle is held by something: a digest, a signature, a proof or the one form a bundle has."""

import random

import pytest

from governance.errors import VerificationFailed

PARTS = 4


def accepted(case, data, flips):
    """Which of the flips (position, mask) are not refused with VerificationFailed; another exception is not caught."""
    found = []
    flipped = bytearray(data)
    for position, mask in flips:
        flipped[position] ^= mask
        try:
            case.verify(bytes(flipped))
            found.append((position, mask, data[max(0, position - 20) : position + 20]))
        except VerificationFailed:
            pass
        flipped[position] ^= mask
    assert bytes(flipped) == data
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_every_byte(case, part):
    assert accepted(case, case.plain, [(at, 1) for at in range(part, len(case.plain), PARTS)]) == []


@pytest.mark.parametrize("part", range(PARTS))
def test_another_bit_of_bytes_by_chance(case, part):
    """And in the bundle with acts, which the whole of is for the slow suite."""
    chance = random.Random(part)
    for data, share in ((case.plain, 12), (case.full, 20)):
        places = chance.sample(range(len(data)), len(data) // share)
        assert accepted(case, data, [(at, 1 << chance.randrange(1, 8)) for at in places]) == []


@pytest.mark.slow
@pytest.mark.parametrize("bit", range(8))
@pytest.mark.parametrize("bundle", ["plain", "full"])
def test_every_bit(case, bundle, bit):
    data = getattr(case, bundle)
    assert accepted(case, data, [(at, 1 << bit) for at in range(len(data))]) == []


@pytest.mark.parametrize("part", range(PARTS))
def test_every_length(case, part):
    """Cut off anywhere; the empty file too."""
    for end in range(part, len(case.plain), PARTS * 2):
        with pytest.raises(VerificationFailed):
            case.verify(case.plain[:end])


@pytest.mark.parametrize("tail", [b"\n", b" ", b"\0", b"{}", b"\xff", b"\xef\xbb\xbf"])
def test_something_behind_or_before_it(case, tail):
    for data in (case.plain + tail, tail + case.plain):
        with pytest.raises(VerificationFailed):
            case.verify(data)
