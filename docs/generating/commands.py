"""Every command and option, from the parser that reads them."""

import argparse

from generating.markdown import code, sentence, table

from governance.cli.commands import build_parser

Row = tuple[str, str, str]


def pages() -> dict[str, str]:
    parser = build_parser()
    commands = _commands(parser)
    common = [row for row in _rows(commands[0][1]) if all(row in _rows(command) for _, command, _ in commands)]
    lines = [
        "# Commands",
        "",
        f"{sentence(parser.description or '')} Every command and every option.",
        "",
        "Each command answers with one of the [exit codes](exit-codes.md), and `--help` shows what is below.",
        "",
        table(("Command", "It will"), [(f"[{code(name)}](#{name})", text) for name, _, text in commands]),
    ]
    lines += ["", "Every command takes:", "", table(("Option", "Means", ""), common)]
    for name, command, _ in commands:
        lines += ["", *_command(name, command, common)]
    return {"commands.md": "\n".join(lines)}


def _commands(parser: argparse.ArgumentParser) -> list[tuple[str, argparse.ArgumentParser, str]]:
    action = next(one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
    return [(name, command, sentence(helps[name])) for name, command in action.choices.items()]


def _command(name: str, command: argparse.ArgumentParser, common: list[Row]) -> list[str]:
    example = (command.epilog or "").rpartition("example: ")[2].strip()
    rows = [row for row in _rows(command) if row not in common]
    lines = [f"## {code(name)} {{ #{name} }}", "", sentence(command.description or ""), ""]
    lines += ["```text", example, "```", ""] if example else []
    return [*lines, table(("Option", "Means", ""), rows)]


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
