"""Where pages of a service are. Whatever a name holds, it is one step of the path."""

from urllib.parse import quote, urlencode


def case_at(name: str, version: str, **query: str) -> str:
    asked = f"?{urlencode(query)}" if query else ""
    return f"/cases/{quote(name, safe='')}/{quote(version, safe='')}{asked}"


def model_at(name: str) -> str:
    return f"/models/{quote(name, safe='')}"
