"""How long and how much one caller may take, so that nobody can keep the others waiting."""

from typing import NamedTuple


class Limits(NamedTuple):
    """`header_bytes` and `header_seconds`: for a request line and headers, from when the connection is free for them.
    `body_idle` is the seconds between two parts of a body; `body_seconds` those that all of it may take, and one more
    for each `body_slowest` bytes that have come; `answer_seconds` those that an answer may wait to be taken, and one
    more for as many bytes of it. `connections` at a time; who comes on top is told to come again in `retry_seconds`.
    `idle_seconds`: how long a connection stays open without a request. `grace_seconds`: how long requests have to end
    once the service is told to stop."""

    header_bytes: int = 32 << 10
    header_seconds: float = 10
    body_idle: float = 10
    body_seconds: float = 60
    body_slowest: int = 64 << 10
    answer_seconds: float = 30
    connections: int = 500
    retry_seconds: int = 5
    idle_seconds: int = 5
    grace_seconds: int = 30


LIMITS = Limits()
