"""The only reader of the environment."""

import os
from pathlib import Path
from typing import NamedTuple


class Settings(NamedTuple):
    """What the environment says. `config` holds private keys, one folder per log; `ci`: never create a key; `colour`:
    not unwanted; `dumb`: the terminal cannot move its cursor."""

    config: Path
    ci: bool
    colour: bool
    policy: str | None
    dumb: bool = False


def load_settings() -> Settings:
    """GOVERNANCE_CONFIG_DIR, GOVERNANCE_POLICY, CI, TERM, XDG_CONFIG_HOME, and NO_COLOR (set and not empty:
    https://no-color.org)."""
    env = os.environ
    base = Path(env.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Settings(
        config=Path(env.get("GOVERNANCE_CONFIG_DIR") or base / "governance"),
        ci=env.get("CI", "").lower() not in ("", "0", "false"),
        colour=not env.get("NO_COLOR"),
        policy=env.get("GOVERNANCE_POLICY") or None,
        dumb=env.get("TERM") == "dumb",
    )
