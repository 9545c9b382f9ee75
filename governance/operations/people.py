"""Who people are to a verb: their roles, and their key for one signature. From files, or from the accounts."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from governance.errors import BadInput
from governance.operations.workspace import Workspace
from governance.permissions import ROLES
from governance.policy.decision import Recorded
from governance.signing.keys import Signer
from governance.trail.trust import Person, Trust

if TYPE_CHECKING:
    from governance.store.snapshot import Snapshot


class People(Protocol):
    """Whom a verb asks who somebody is."""

    def person(self, principal: str, at: "Snapshot | None" = None) -> Person | None:
        """Who may act at this moment, with the roles they hold at this moment; None for anybody else. `at` is the state
        of the trail that the asking verb reads or writes, where it has one open. Raises VerificationFailed."""

    def unwrap(self, principal: str, password: Callable[[], str]) -> Signer:
        """Their key, for one signature. Raises BadInput, Refused."""

    def trust(self) -> Trust:
        """Whose keys count for what was ever signed here, for whoever verifies. Raises BadInput."""


class FilePeople:
    """Those whom the project's trust file names; their keys are on this machine."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def person(self, principal: str, at: "Snapshot | None" = None) -> Person | None:
        return next((person for person in self.trust().people if person.principal == principal), None)

    def unwrap(self, principal: str, password: Callable[[], str]) -> Signer:
        return self._workspace.authenticate(principal.removeprefix("local|"), password)[1]

    def trust(self) -> Trust:
        return self._workspace.trust()


class AccountPeople:
    """Those who have an account. The trust file names the machines' keys, and the people from before there were any."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def person(self, principal: str, at: "Snapshot | None" = None) -> Person | None:
        from governance.store.accounts import Accounts

        if at is None:
            with self._workspace.open_trail() as store, store.snapshot() as snapshot:
                return self.person(principal, snapshot)
        accounts = Accounts.within(at)
        account, key = accounts.account(principal), accounts.key(principal)
        if account is None or account.disabled:
            return None
        self._workspace.register(at).assert_person(account, key, at.where)
        assert key is not None
        return Person(key=key.key, principal=principal, roles=_in_cases(account.roles))

    def unwrap(self, principal: str, password: Callable[[], str]) -> Signer:
        """Guessing is slowed down: raises TooMany where it must wait, Refused for a wrong password."""
        from governance.operations.sessions import step_up

        return step_up(self._workspace, principal, password())

    def trust(self) -> Trust:
        """Each key that ever was a person's, with each role they held while it was, as the entries of the trail say. A
        role that was revoked, a key that was replaced and an account that was disabled stay: what was signed before
        still verifies, and from then on nothing by them gets into the log, which is what the log's key vouches for."""
        with self._workspace.open_trail() as store, store.snapshot() as snapshot:
            records = self._workspace.register(snapshot).records
        held: dict[tuple[str, str], set[str]] = {}
        for record in records:
            held.setdefault((record.key, record.principal), set()).update(record.roles)
        people = [
            Person(key=key, principal=principal, roles=_in_cases(roles)) for (key, principal), roles in held.items()
        ]
        trust = self._workspace.trust()
        return trust.model_copy(update={"people": (*trust.people, *people)})


def known(people: People, principal: str, at: "Snapshot | None" = None) -> Person:
    """Somebody who may act. Raises BadInput where nobody is known by that name, or not any more."""
    person = people.person(principal, at)
    if person is None:
        raise BadInput(f"{principal} is nobody who may act here", fix="ask an admin for an account; nothing was signed")
    return person


def lapsed(workspace: Workspace, acts: Sequence[Recorded], at: "Snapshot") -> frozenset[str]:
    """The waivers and statements among `acts` whose givers do not hold the role any more that they gave them in."""
    lasting = [item for item in acts if item.act.expires is not None]
    holds = {actor: _roles_now(workspace, actor, at) for actor in {item.act.actor for item in lasting}}
    return frozenset(item.sha256 for item in lasting if item.act.role not in holds[item.act.actor])


def _roles_now(workspace: Workspace, principal: str, at: "Snapshot") -> tuple[str, ...]:
    """By their account; of those who never had one by the project's trust file."""
    from governance.store.accounts import Accounts

    has_account = Accounts.within(at).account(principal) is not None
    people: People = AccountPeople(workspace) if has_account else FilePeople(workspace)
    person = people.person(principal, at)
    return person.roles if person else ()


def _in_cases(roles: "set[str] | tuple[str, ...]") -> tuple[str, ...]:
    """The roles that count in a case, in the order they are always named in."""
    return tuple(role for role in ROLES if role in roles)
