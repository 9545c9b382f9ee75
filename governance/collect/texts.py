"""The first JSON value in some bytes."""

import json
from typing import Any


def first_json(data: bytes) -> Any:
    """The first JSON value of some bytes, null where there is none."""
    try:
        return json.JSONDecoder().raw_decode(data.decode("utf-8-sig").lstrip())[0]
    except (ValueError, RecursionError):
        return None
