"""A JSON Schema in words."""

import json
from typing import Any

from generating.markdown import code

# Patterns that stand for a kind of value, as `governance.canonical` and its neighbours spell them.
_KINDS = {
    r"^[0-9a-f]{64}$": "SHA-256",
    r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:e[+-][0-9]{2,3})?$": "real",
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$": "time",
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "day",
    r"^[^\x00-\x1f\x7f]+$": "text",
}
_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": "null"}
_MOST = 2**53 - 1


def kind(schema: dict[str, Any], link: bool = True) -> str:
    """What a value may be: text, whole number, list of SHA-256, ..."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})" if link else name
    if "const" in schema:
        return code(schema["const"])
    if "enum" in schema:
        return " or ".join(map(code, schema["enum"]))
    if "anyOf" in schema:
        # That null is allowed goes without saying where it is the default: the column beside says none.
        silent = "default" in schema and schema["default"] is None
        return _any([one for one in schema["anyOf"] if not (silent and one.get("type") == "null")], link)
    if "allOf" in schema:
        return kind(schema["allOf"][0], link)
    if "prefixItems" in schema:
        return f"[{', '.join(kind(one, link) for one in schema['prefixItems'])}]"
    if schema.get("type") == "array":
        return f"list of {kind(schema['items'], link)}" if schema.get("items") else "empty list"
    if schema.get("type") == "object":
        named = list(schema.get("patternProperties", {}).values())
        inner = named[0] if named else schema.get("additionalProperties")
        return f"mapping of {kind(inner, link)}" if isinstance(inner, dict) and inner else "mapping"
    return _KINDS.get(schema.get("pattern", "")) or _WORDS.get(schema.get("type", ""), "anything")


def _any(choices: list[dict[str, Any]], link: bool) -> str:
    types = {choice.get("type") for choice in choices}
    # An exact decimal takes a number and its text; what is shown is the number.
    if {"number", "string"} <= types:
        choices = [choice for choice in choices if choice.get("type") != "string"]
    return " or ".join(dict.fromkeys(kind(choice, link) for choice in choices))


def limits(schema: dict[str, Any]) -> str:
    """What a value must keep to beyond its kind."""
    said: list[str] = []
    for one in (schema, *schema.get("anyOf", ())):
        low, above = one.get("minimum"), one.get("exclusiveMinimum")
        high, below = one.get("maximum"), one.get("exclusiveMaximum")
        said += [f"at least {low:g}"] if low is not None else []
        said += [f"above {above:g}"] if above is not None else []
        said += [f"at most {high:,}" if high >= 1000 else f"at most {high:g}"] if high not in (None, _MOST) else []
        said += [f"below {below:g}"] if below is not None else []
        said += [f"at least {one['minItems']} of them"] if one.get("minItems") and "prefixItems" not in one else []
        said += [f"at most {one['maxItems']} of them"] if one.get("maxItems") and "prefixItems" not in one else []
        said += [f"at most {one['maxLength']:,} characters"] if "maxLength" in one else []
        said += [f"as {code(one['pattern'])}"] if one.get("pattern") and one["pattern"] not in _KINDS else []
    return "; ".join(dict.fromkeys(said))


def default(schema: dict[str, Any]) -> str:
    if "default" not in schema:
        return "**required**"
    value = schema["default"]
    if value is None:
        return "none"
    if isinstance(value, dict) and not any(value.values()):
        return "empty"
    return code(value if isinstance(value, str) else json.dumps(value)) if value not in ([], "") else "empty"
