"""Every command and option, from the parser that reads them."""

import argparse
from collections.abc import Sequence

from generating.markdown import code, sentence, table

from governance.cli.commands import build_parser

Row = tuple[str, str, str]
Named = tuple[str, argparse.ArgumentParser, str]


def pages() -> dict[str, str]:
    parser = build_parser()
    commands = _commands(parser)
    actions = {name: _commands(command, f"{name} ") for name, command, _ in commands}
    single = [command for name, command, _ in commands if not actions[name]]
    single += [command for found in actions.values() for _, command, _ in found]
    common = [row for row in _rows(single[0]) if all(row in _rows(command) for command in single)]
    lines = [
        "# Commands",
        "",
        f"{sentence(parser.description or '')} Every command and every option.",
        "",
        "Each command answers with one of the [exit codes](exit-codes.md), and `--help` shows what is below.",
        "",
        _overview(commands),
    ]
    lines += ["", "Every command takes:", "", table(("Option", "Means", ""), common)]
    for name, command, _ in commands:
        lines += ["", *_command(name, command, common, actions[name])]
        for action, own, _ in actions[name]:
            lines += ["", *_command(action, own, common)]
    return {"commands.md": "\n".join(lines)}


def _commands(parser: argparse.ArgumentParser, before: str = "") -> list[Named]:
    """The commands of a parser, or the actions of a command; nothing where it has none."""
    action = next((one for one in parser._actions if isinstance(one, argparse._SubParsersAction)), None)
    if action is None:
        return []
    helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
    return [(before + name, command, sentence(helps[name])) for name, command in action.choices.items()]


def _overview(commands: list[Named]) -> str:
    return table(("Command", "It will"), [(f"[{code(name)}](#{_anchor(name)})", text) for name, _, text in commands])


def _anchor(name: str) -> str:
    return name.replace(" ", "-")


def _command(
    name: str, command: argparse.ArgumentParser, common: list[Row], actions: Sequence[Named] = ()
) -> list[str]:
    example = (command.epilog or "").rpartition("example: ")[2].strip()
    rows = [row for row in _rows(command) if row not in common]
    level = "###" if " " in name else "##"
    lines = [f"{level} {code(name)} {{ #{_anchor(name)} }}", "", sentence(command.description or ""), ""]
    lines += ["```text", example, "```", ""] if example else []
    return [*lines, _overview([*actions]) if actions else table(("Option", "Means", ""), rows)]


def _rows(command: argparse.ArgumentParser) -> list[Row]:
    return [
        (_spelled(action), sentence((action.help or "") % {**vars(action), "prog": command.prog}), _needed(action))
        for action in command._actions
        if action.help is not argparse.SUPPRESS and action.dest != "help"
    ]


def _spelled(action: argparse.Action) -> str:
    metavar = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    value = " ".join(metavar) if isinstance(metavar, tuple) else metavar
    if not action.option_strings:
        return code(f"[{value}]" if action.nargs in ("?", "*") else value)
    return code(f"{', '.join(action.option_strings)}{'' if action.nargs == 0 else f' {value}'}")


def _needed(action: argparse.Action) -> str:
    return "required" if action.required else ""
