"""The only reader of the environment."""

import os
from pathlib import Path
from typing import NamedTuple

VARIABLES = {
    "GOVERNANCE_POLICY": "The policy, where `--policy` is not given; `baseline` where neither is.",
    "GOVERNANCE_BASELINE": "The baseline of known failures, where `--baseline` is not given; none where neither is.",
    "GOVERNANCE_CONFIG_DIR": "The folder of private keys, one folder per log; not set: `governance` under "
    "`XDG_CONFIG_HOME`.",
    "XDG_CONFIG_HOME": "The folder of a user's configuration; not set: `~/.config`.",
    "CI": "Set to anything but `0` or `false`: no key is ever made, and evidence says that it comes from CI.",
    "NO_COLOR": "Set to anything: no colours (https://no-color.org).",
    "TERM": "`dumb`: the terminal cannot move its cursor, so no colours and no progress.",
}
"""Every variable that is read, and what it means."""


class Settings(NamedTuple):
    """What the environment says. `config` holds private keys, one folder per log; `ci`: never create a key; `colour`:
    not unwanted; `dumb`: the terminal cannot move its cursor."""

    config: Path
    ci: bool
    colour: bool
    policy: str | None
    baseline: str | None = None
    dumb: bool = False


def load_settings() -> Settings:
    """What VARIABLES say; one that is not listed is not read."""
    env = {name: value for name, value in os.environ.items() if name in VARIABLES}
    base = Path(env.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Settings(
        config=Path(env.get("GOVERNANCE_CONFIG_DIR") or base / "governance"),
        ci=env.get("CI", "").lower() not in ("", "0", "false"),
        colour=not env.get("NO_COLOR"),
        policy=env.get("GOVERNANCE_POLICY") or None,
        baseline=env.get("GOVERNANCE_BASELINE") or None,
        dumb=env.get("TERM") == "dumb",
    )
