"""The only reader of the environment."""

import os
from pathlib import Path
from typing import NamedTuple


class Settings(NamedTuple):
    """What the environment says. `config` holds private keys, one folder per log; `ci`: never create a key."""

    config: Path
    ci: bool
    colour: bool
    policy: str | None


def load_settings() -> Settings:
    """GOVERNANCE_CONFIG_DIR, GOVERNANCE_POLICY, CI, NO_COLOR, XDG_CONFIG_HOME."""
    env = os.environ
    base = Path(env.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Settings(
        config=Path(env.get("GOVERNANCE_CONFIG_DIR") or base / "governance"),
        ci=env.get("CI", "").lower() not in ("", "0", "false"),
        colour=not env.get("NO_COLOR"),
        policy=env.get("GOVERNANCE_POLICY") or None,
    )
