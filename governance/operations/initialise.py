"""Start a trail; make a person's key."""

import re
from contextlib import suppress
from pathlib import Path

from governance.errors import BadInput, GovernanceError, MachineFault
from governance.keys import MACHINE_ROLES, create_machine_keys, create_person_key, unwrap_person_key
from governance.operations.workspace import Workspace, local
from governance.permissions import ROLES
from governance.signing.keys import encode_public
from governance.trail.note import encode_vkey
from governance.trail.trust import Person, Trust, TrustedLog

_NAME = re.compile(r"[a-z][a-z0-9._-]{0,62}")


def start_trail(workspace: Workspace) -> str:
    """Make keys, trail and trust file under a random origin, and return the origin. Raises BadInput, MachineFault."""
    if workspace.settings.ci:
        raise BadInput(
            "no key is made on a CI machine",
            got="CI is set",
            fix="run `governance init` on your own machine and give CI its keys as a secret"
            " (docs/how-to/pipeline-keys.md)",
        )
    try:
        workspace.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MachineFault("cannot make the folder", got=str(error), where=str(workspace.home)) from error
    with workspace.locked():
        return _start(workspace)


def _start(workspace: Workspace) -> str:
    from governance.store.trail import TrailStore

    place = workspace.place
    _refuse_what_is_there(workspace)
    if workspace.trust_path.exists():
        raise BadInput(
            "there is a trust file here, but its trail is gone",
            where=str(workspace.trust_path),
            fix=f"restore {place.name if isinstance(place, Path) else place} from a backup; or, for a new trail, move"
            " the trust file away first",
        )
    origin = f"governance-{workspace.entropy(8).hex()}"
    keys = workspace.machine_keys(origin)
    create_machine_keys(keys, workspace.entropy)
    log, issuer, measurer = (workspace.required_signer(origin, role) for role in MACHINE_ROLES)
    # The trust file first: a trail without one could not be verified, a trust file without a trail is only unused.
    workspace.write_trust(
        Trust(
            logs=(TrustedLog(origin=origin, key=encode_vkey(origin, log.public_key)),),
            issuers=(encode_public(issuer.public_key),),
            measurers=(encode_public(measurer.public_key),),
        )
    )
    try:
        TrailStore.create(place, origin, log, workspace.clock(), workspace.entropy).close()
    except GovernanceError as error:
        if not _made_after_all(workspace, origin, error):
            raise
    return origin


def _refuse_what_is_there(workspace: Workspace) -> None:
    """A file is there or not; a database is asked, before any key is made."""
    from governance.store.trail import origin_at

    place = workspace.place
    if isinstance(place, Path):
        if workspace.exists:
            raise BadInput("there is a trail here already", where=str(place), fix="use it as it is")
    elif (origin := origin_at(place)) is not None:
        fix = f"use it as it is, with its trust file as {workspace.trust_path}; or give another database"
        raise BadInput("there is a trail here already", got=origin, where=str(place), fix=fix)


def _made_after_all(workspace: Workspace, origin: str, error: GovernanceError) -> bool:
    """Whether the trail is there all the same: a database's answer to COMMIT may have been lost. Where it is not, what
    was made for it goes; where that cannot be said, it stays."""
    from governance.store.trail import origin_at

    leftovers = [workspace.trust_path]
    if isinstance(workspace.place, Path):
        if not isinstance(error, MachineFault):  # another process made it
            return False
        leftovers.append(workspace.trail_path)
    else:
        try:
            if origin_at(workspace.place) == origin:
                return True
        except GovernanceError:
            return False
    for path in leftovers:
        with suppress(OSError):
            path.unlink()
    return False


def add_person(workspace: Workspace, name: str, roles: tuple[str, ...], password: str) -> Person:
    """Name a person's key in the project's trust file; it is made first where this machine has none of that name yet.

    Raises BadInput; Refused where there is a key that the password does not open.
    """
    assert_name(name)
    if unknown := set(roles) - set(ROLES):
        raise BadInput("unknown role", got=sorted(unknown)[0], expected=", ".join(ROLES))
    if workspace.settings.ci:
        raise BadInput("no key is made on a CI machine", got="CI is set", fix="make it on the person's own machine")
    path, principal = workspace.person_key(name), local(name)
    workspace.trust()
    with workspace.locked():
        trust = workspace.trust()
        if any(person.principal == principal for person in trust.people):
            raise BadInput(f"{name} has a key already", fix="take another name, or keep the key")
        # A key is a person's and not a project's; nor is it lost where naming it failed the first time.
        if path.exists():
            signer = unwrap_person_key(path, principal, password)
        else:
            signer = create_person_key(path, principal, password, workspace.entropy)
        person = Person(key=encode_public(signer.public_key), principal=principal, roles=roles)
        workspace.write_trust(trust.model_copy(update={"people": (*trust.people, person)}))
    return person


def assert_name(name: str) -> None:
    """Raises BadInput for what cannot be a person's name."""
    if not _NAME.fullmatch(name):
        raise BadInput("not a name for a person", got=repr(name), expected="letters, digits, dot, dash, starting small")
