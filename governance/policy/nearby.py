"""What could stand in place of a value: a limit a little off, a switch turned, a list one member shorter or longer."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

from governance.canonical import instant, parse_instant

STEP = Decimal("0.05")
"""How far a limit is moved, as a share of itself; whole numbers by at least 1, a limit of 0 to a hundredth."""
FOREIGN = "another"
"""What is added to lists of text: a case that names it notices."""
_MOST_WORDS = 3
_INTERVAL = re.compile(r"([1-9][0-9]{0,3})([hdw])")


def others(now: object, kind: Any) -> Iterator[object]:
    """What could stand in place of a parameter's value."""
    if isinstance(now, bool):
        yield not now
    elif isinstance(now, tuple) and not all(isinstance(one, str) for one in now):
        yield from (now[:place] + now[place + 1 :] for place in range(len(now)))
    elif isinstance(now, tuple):
        yield from (tuple(other for other in now if other != one) for one in now)
        known = get_args(next(iter(get_args(kind)), None)) if get_origin(kind) is tuple else ()
        left = [one for one in known if one not in now] if known else [FOREIGN]
        yield from ((*now, one) for one in left[:1])
    elif get_origin(kind) is Literal:
        words = get_args(kind)
        yield from [word for word in words if word != now and isinstance(word, str)][:_MOST_WORDS]
    else:
        yield from either_side(now)


def change(now: object, moved: object) -> str:
    """What is otherwise: of a list the member that came or went."""
    if isinstance(now, tuple) and isinstance(moved, tuple):
        gone, come = ([one for one in some if one not in other] for some, other in ((now, moved), (moved, now)))
        parts = [*(f"without {words(one)}" for one in gone), *(f"with {words(one)} too" for one in come)]
        return ", ".join(parts)
    return f"{words(now)} -> {words(moved)}"


def words(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(map(words, value))}]" if isinstance(value, tuple | list) else str(value)


def either_side(value: object) -> list[str]:
    """A limit a little higher and a little lower, as text; nothing for what is no limit."""
    if isinstance(value, Decimal):
        step = abs(value) * STEP or Decimal("0.01")
        return [format((value + move).normalize(), "f") for move in (step, -step)]
    if isinstance(value, int) and not isinstance(value, bool):
        return [str(value + move) for move in (_whole(value), -_whole(value))]
    if isinstance(value, str) and (found := _INTERVAL.fullmatch(value)):
        number = int(found[1])
        return [f"{number + move}{found[2]}" for move in (_whole(number), -_whole(number))]
    return []


def _whole(value: int) -> int:
    return max(1, round(abs(value) * STEP))


def beside(day: str | None) -> list[str]:
    """A day earlier and a day later; nothing where there is no day."""
    if day is None:
        return []
    return [instant(parse_instant(day) + step) for step in (-timedelta(days=1), timedelta(days=1))]
