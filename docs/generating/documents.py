"""The documents: their JSON Schemas in readable form."""

from typing import Any

from generating.markdown import code, sentence, table
from generating.meanings import meanings
from generating.schema import default, kind, limits

from governance.render.schema import documents, published


def pages() -> dict[str, str]:
    made = {f"documents/{name}.md": _page(name, published(name)) for name in documents()}
    rows = [(f"[{name}]({name}.md)", code(_type(published(name))), _first(published(name))) for name in documents()]
    made["documents/index.md"] = "\n".join(
        [
            "# Documents",
            "",
            "What is read and written, field by field; what a field means never changes under the same type.",
            "",
            table(("Document", "Type", "What it is"), rows),
            "",
            "Unknown fields are refused everywhere. A *real* is a decimal number as text with at most 9 significant",
            "digits, a *time* is UTC to the second (`2026-01-31T12:00:00Z`). `governance schema NAME` prints the JSON",
            "Schema itself, for editors and other programs.",
        ]
    )
    return made


def _type(schema: dict[str, Any]) -> str:
    return str(schema["properties"]["schema"]["const"])


def _first(schema: dict[str, Any]) -> str:
    return sentence(" ".join(schema.get("description", "").partition(". ")[0].split()))


def _page(name: str, schema: dict[str, Any]) -> str:
    lines = [f"# {name.capitalize()}", "", f"A {code(_type(schema))} document.", ""]
    parts = schema.get("$defs", {})
    lines += _fields(schema, parts)
    for title in _in_order(schema):
        part = parts[title]
        lines += ["", f"## {title}", "", *(_fields(part, parts) if "properties" in part else [_value(part)])]
    return "\n".join(lines)


def _in_order(schema: dict[str, Any]) -> list[str]:
    """Names of the parts, each after the first that names it."""
    found: list[str] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            name = value.get("$ref", "").rpartition("/")[2] if isinstance(value.get("$ref"), str) else ""
            if name and name not in found:
                found.append(name)
                look(schema["$defs"][name])
            for inner in value.values():
                look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)

    look({key: value for key, value in schema.items() if key != "$defs"})
    return found


def _value(part: dict[str, Any]) -> str:
    described = part.get("description")
    return f"{sentence(' '.join(described.split()))} {sentence(kind(part))}" if described else sentence(kind(part))


def _fields(schema: dict[str, Any], parts: dict[str, Any]) -> list[str]:
    required = set(schema.get("required", ()))
    whole, said = meanings(schema.get("description", ""), schema["properties"])
    rows = []
    for name, field in schema["properties"].items():
        needed = "**required**" if name in required else default(field)
        meaning = said.get(name) or _of_its_part(field, parts)
        rows.append((code(name), kind(field), needed, " ".join(filter(None, (meaning, sentence(limits(field)))))))
    about = [sentence(whole), ""] if whole else []
    return [*about, table(("Field", "Type", "Default", "Meaning"), rows)]


def _of_its_part(field: dict[str, Any], parts: dict[str, Any]) -> str:
    """What the part is that a field holds, where the field itself has no words."""
    part = parts.get(field.get("$ref", "").rpartition("/")[2], {})
    whole, _ = meanings(part.get("description", ""), part.get("properties", ()))
    return sentence(whole.partition(". ")[0])
