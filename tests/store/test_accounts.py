"""Accounts in the store: a crash between any two steps leaves all of a change or nothing, and nobody without a key."""

import multiprocessing

import pytest
from sqlalchemy import event

from governance import keys
from governance.errors import Refused
from governance.operations import accounts
from governance.operations.caller import Operator
from governance.store.accounts import Accounts, changing
from governance.store.credentials import Credentials, LoginSession
from governance.store.trail import TrailStore
from tests.operations.project import CHEAP_SCRYPT, PASSWORD, Project
from tests.operations.service import Service


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch):
    monkeypatch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)


@pytest.fixture
def service(place, tmp_path):
    made = Service(
        Project(tmp_path / "project", tmp_path / "config"), None if place == tmp_path / "trail.db" else place
    )
    with made.workspace.keeping_trail():
        yield made


class Crash(BaseException):
    """Nothing that anybody catches."""


def crashing(service, after: int, do) -> bool:
    """Whether `do` was cut off: before statement number `after` of what it does, or right before its COMMIT."""
    with service.workspace.open_trail() as store, pytest.MonkeyPatch.context() as patch:
        count = [0]

        def step(*_args):
            count[0] += 1
            if count[0] > after:
                raise Crash

        database = type(store._database)
        commit = database.before_commit
        patch.setattr(database, "before_commit", lambda self, connection: (commit(self, connection), step()))
        event.listen(store._engine, "before_cursor_execute", step)
        try:
            do()
        except Crash:
            return True
        finally:
            event.remove(store._engine, "before_cursor_execute", step)
    return False


def every_crash(service, do, check) -> int:
    """Cut `do` off before each of its statements, and see what is left; then let it end."""
    for after in range(200):
        cut = crashing(service, after, do)
        check(not cut)
        if not cut:
            return after
    raise AssertionError("it never ends")


def state(service):
    with service.workspace.open_trail() as store, store.snapshot() as snapshot:
        rows = Accounts.within(snapshot)
        every = rows.accounts()
        return {
            "accounts": every,
            "keys": rows.every_key(),
            "size": snapshot.head().size,
            "usable": [one.principal for one in every if not one.disabled and rows.key(one.principal)],
        }


def unchanged_or(service, expect):
    """A check: as before where it was cut off, else `expect` of the new state."""
    before = state(service)

    def check(done):
        after = state(service)
        if not done:
            assert after == before
        else:
            assert after["size"] > before["size"]
            expect(after)
            service.verified()
        assert after["usable"] == [one.principal for one in after["accounts"] if not one.disabled]

    return check


def test_redeeming_cut_off_anywhere_leaves_no_account_without_a_key(service):
    token = service.invite("bo", "approver", "auditor")

    def expect(after):
        assert [one.roles for one in after["accounts"] if one.principal == "local|bo"] == [("approver", "auditor")]

    steps = every_crash(
        service, lambda: accounts.redeem(service.workspace, token, PASSWORD), unchanged_or(service, expect)
    )
    assert steps > 10
    assert service.sign_in("bo")


def test_a_new_key_cut_off_anywhere(service):
    service.join("bo", "approver")
    old, token = service.people.person("local|bo").key, service.invite("bo")

    def expect(after):
        assert [key.retired is None for key in after["keys"] if key.principal == "local|bo" and key.key != old] == [
            True
        ]

    every_crash(service, lambda: accounts.redeem(service.workspace, token, PASSWORD), unchanged_or(service, expect))


@pytest.mark.parametrize("verb", ["disable", "grant", "revoke"])
def test_changes_cut_off_anywhere(service, verb):
    service.join("bo", "approver")
    do = {
        "disable": lambda: accounts.disable(service.workspace, "local|bo", Operator()),
        "grant": lambda: accounts.grant(service.workspace, "local|bo", "auditor", Operator()),
        "revoke": lambda: accounts.revoke(service.workspace, "local|bo", "approver", Operator()),
    }[verb]
    roles = {"disable": (), "grant": ("approver", "auditor"), "revoke": ()}[verb]

    def expect(after):
        assert [one.roles for one in after["accounts"] if one.principal == "local|bo"] == [roles]

    every_crash(service, do, unchanged_or(service, expect))


def _redeem(project, config, database, token, password, clock):
    keys._SCRYPT_N = CHEAP_SCRYPT
    there = Project.there(project, config, clock=clock)
    there.settings = there.settings._replace(database=database)
    try:
        return accounts.redeem(there.at(database=database), token, password).key
    except Refused:
        return ""


def test_of_several_processes_with_one_link_one_wins(service):
    token = service.invite("bo", "approver")
    project = service.project
    jobs = [
        (project.root, project.settings.config, project.settings.database, token, f"{PASSWORD} {number}", service.clock)
        for number in range(3)
    ]
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        won = [number for number, key in enumerate(pool.starmap(_redeem, jobs)) if key]
    assert len(won) == 1
    assert service.sign_in("bo", f"{PASSWORD} {won[0]}")
    service.verified()


class TestTables:
    @pytest.fixture
    def people(self, store):
        with changing(store) as session:
            Accounts(session).add_account("local|bo", "2026-03-01T12:00:00Z")
        return store

    def session(self, number):
        when = f"2026-03-01T12:00:0{number}Z"
        return LoginSession(str(number) * 64, "local|bo", when, when, "2026-03-01T20:00:00Z")

    def test_what_raises_leaves_nothing(self, people):
        def cut_off():
            with changing(people) as session:
                Credentials(session).add_session(self.session(1))
                raise Crash

        with pytest.raises(Crash):
            cut_off()
        with people.snapshot() as snapshot:
            assert Credentials.within(snapshot).session("1" * 64) is None

    def test_a_session_belongs_to_an_account(self, store):
        with pytest.raises(Exception, match=r"(?i)foreign key"), changing(store) as session:
            Credentials(session).add_session(self.session(1))

    def test_sweeping_takes_what_ended_and_nothing_else(self, people):
        with changing(people) as session:
            rows = Credentials(session)
            rows.add_session(self.session(1))
            rows.set_throttle("a", 3, "2026-03-01T12:00:00Z")
            rows.set_throttle("b", 1, "2026-03-01T12:00:01Z")
            at = "2026-03-01T12:00:01Z"
            rows.forget(sessions="2026-03-01T20:00:00Z", throttles=at, answers=at, invitations=at)
        with people.snapshot() as snapshot:
            rows = Credentials.within(snapshot)
            assert rows.session("1" * 64) == self.session(1)
            assert (rows.throttle("a"), rows.throttle("b")) == ((0, ""), (1, "2026-03-01T12:00:01Z"))
        with changing(people) as session:
            Credentials(session).forget(sessions="2026-03-01T20:00:01Z", throttles="", answers="", invitations="")
            assert Credentials(session).session("1" * 64) is None

    def test_the_newest_first(self, people):
        with changing(people) as session:
            for number in (2, 1, 3):
                Credentials(session).add_session(self.session(number))
        with people.snapshot() as snapshot:
            assert [one.hash[0] for one in Credentials.within(snapshot).sessions("local|bo")] == ["3", "2", "1"]


def test_a_trail_of_the_release_before_gets_the_tables_and_keeps_its_entries(store, place, signer, decide, vkey):
    """The steps that add them, on a trail that has entries already; what follows from these is there after it."""
    from sqlalchemy import text

    from governance.store import account_tables
    from governance.store.tables import StandingRow
    from governance.store.verify import verify_trail

    decide(store, range(3))
    before = verify_trail(store, vkey)
    tables = [row.__table__ for row in vars(account_tables).values() if hasattr(row, "__table__")]
    tables.append(StandingRow.__table__)
    on_file = store._engine.dialect.name == "sqlite"
    with store._writing() as session:
        connection = session.connection()
        for table in sorted(tables, key=lambda table: table.name == "account"):
            connection.execute(text(f"DROP TABLE {table.name}"))
        connection.execute(text("UPDATE schema_step SET version_num = '0001'"))
        if on_file:
            connection.exec_driver_sql("PRAGMA user_version=1")
    store.close()
    with TrailStore.open(place) as opened:
        assert verify_trail(opened, vkey) == before
        with changing(opened) as session:
            Accounts(session).add_account("local|bo", "2026-03-01T12:00:00Z")
