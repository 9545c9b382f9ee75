"""An act that was signed elsewhere, with the key that the service keeps wrapped: recorded as it came, or refused."""

import contextlib
import os
import sqlite3
from datetime import timedelta

import pytest

from governance.canonical import instant
from governance.errors import BadInput, Broken, GovernanceError, MachineFault, Refused, Stale, VerificationFailed
from governance.keys import open_person_key
from governance.operations import accounts
from governance.operations.caller import Operator
from governance.operations.initialise import add_person
from governance.operations.people import AccountPeople
from governance.operations.review import act, record_act
from governance.operations.workspace import Workspace
from governance.policy.act import Act, Waiver
from governance.policy.outcome import Action
from governance.signing import dsse
from governance.verification import ACT, DECISION, payload_type, verify
from tests.operations.project import FLOOR, NAME, PASSWORD, VERSION
from tests.operations.service import Service


@pytest.fixture
def case(bare):
    """ann submitted it; bo may approve it, and so may cy."""
    service = Service(bare)
    add_person(service.workspace, "ann", ("submitter",), PASSWORD)
    service.join("bo", "approver")
    service.join("cy", "approver")
    service.digest = bare.check().sealed.decision_sha256
    return service


def signed(case, by="bo", key_of=None, type=ACT, **fields):
    """An envelope as the command line makes it, on the person's own machine."""
    principal = f"local|{by}"
    act = {"kind": "reject", "actor": principal, "role": "approver", "decision": case.digest, "reason": "no"}
    document = Act(**(act | {"at": instant(case.clock())} | fields))
    owner = key_of or by
    wrapped = accounts.wrapped_key(case.workspace, case.caller(owner))
    signer = open_person_key(wrapped, f"local|{owner}", PASSWORD, "here")
    return dsse.seal(payload_type(type), document.to_bytes(), signer)


def record(case, envelope, by="bo"):
    return record_act(case.workspace, envelope, principal=f"local|{by}", people=case.people)


def refused(case, envelope, error=Refused, by="bo", **kind):
    size = case.verified().size
    with pytest.raises(error, **kind) as caught:
        record(case, envelope, by)
    assert case.verified().size == size
    return caught.value


def test_is_recorded_under_its_own_signature(case):
    moment = case.clock()
    waiver = Waiver(
        key=FLOOR, ticket="RISK-7", not_before=instant(moment), expires=instant(moment + timedelta(days=9))
    )  # fmt: skip
    waived = record(case, signed(case, kind="waive", waiver=waiver))
    case.digest = waived.sealed.decision_sha256
    approved = record(case, signed(case, "cy", kind="approve"), "cy")
    assert approved.decision.outcomes["prod"] is Action.ALLOW
    verified = verify(case.project.bundle(approved), case.people.trust(), now=case.clock())
    assert {one.principal for one in verified.signed if one.type == ACT} == {"local|bo", "local|cy"}


def test_once_only(case):
    """The same envelope again: the case has moved on, by that very act."""
    envelope = signed(case)
    latest = record(case, envelope).sealed.decision_sha256
    assert refused(case, envelope, Stale).latest == latest


def test_of_somebody_else(case):
    refused(case, signed(case, "cy"), by="bo", match="not signed with the key")
    assert refused(case, signed(case, "cy", key_of="bo")).got == "local|cy"
    forged = refused(case, signed(case, "bo", key_of="cy"), match="not signed with the key")
    assert Broken.UNTRUSTED_KEY in forged.got


def test_of_a_key_or_role_that_is_no_more(case):
    envelope = signed(case)
    accounts.revoke(case.workspace, "local|bo", "approver", Operator())
    refused(case, envelope, match="may not reject")
    accounts.redeem(case.workspace, case.invite("bo"), PASSWORD)
    refused(case, envelope, match="not signed with the key")
    accounts.disable(case.workspace, "local|bo", Operator())
    refused(case, envelope, BadInput, match="nobody who may act")


class Meanwhile(AccountPeople):
    """A new key takes the place of bo's as soon as somebody has looked up the old one."""

    def __init__(self, case):
        super().__init__(case.workspace)
        self.case, self.replaced = case, False

    def person(self, principal, at=None):
        found = super().person(principal, at)
        if at is None and not self.replaced:
            self.replaced = True
            accounts.redeem(self.case.workspace, self.case.invite("bo"), PASSWORD)
        return found


@pytest.mark.parametrize("elsewhere", [True, False], ids=["signed elsewhere", "signed here"])
def test_of_a_key_that_was_replaced_a_moment_ago(case, elsewhere):
    """Before: the key was compared when the request began, and a stolen one could win the race against the new one."""
    envelope, people = signed(case), Meanwhile(case)
    who = {"principal": "local|bo", "people": people}
    version = {"model": NAME, "version": VERSION}
    typed = {"role": "approver", "password": lambda: PASSWORD, "reason": "no"}
    before = case.verified().size
    with pytest.raises(Refused, match="another key by now"):
        record_act(case.workspace, envelope, **who) if elsewhere else act(
            case.workspace, "reject", **version, **who, **typed
        )
    assert people.replaced
    assert case.verified().size == before + 2  # the new link, and the new key


@pytest.mark.parametrize("minutes, passes", [(-5, True), (5, True), (-6, False), (6, False), (60 * 24 * 365, False)])
def test_signed_just_now(case, minutes, passes):
    envelope = signed(case, at=instant(case.clock() + timedelta(minutes=minutes)))
    if passes:
        assert record(case, envelope)
    else:
        refused(case, envelope, match="not signed just now")


def test_what_is_no_act(case):
    refused(case, signed(case, type=DECISION), BadInput, match="holds no act")
    broken = signed(case)
    refused(
        case, broken.model_copy(update={"payload": broken.payload[:-8] + "AAAAAAA="}), match="not signed with the key"
    )
    wrapped = accounts.wrapped_key(case.workspace, case.caller("bo"))
    signer = open_person_key(wrapped, "local|bo", PASSWORD, "here")
    for payload in (b"", b"{}", b"\xff", b"[" * 100_000):
        refused(case, dsse.seal(payload_type(ACT), payload, signer), BadInput)


def test_about_a_decision_that_is_not_there(case):
    refused(case, signed(case, decision="0" * 64), BadInput)


def test_about_a_finding_that_is_not_there(case):
    moment = case.clock()
    waiver = Waiver(
        key="small#other", ticket="T", not_before=instant(moment), expires=instant(moment + timedelta(days=9))
    )  # fmt: skip
    refused(case, signed(case, kind="waive", waiver=waiver), BadInput, match="no such finding")


def test_what_goes_with_it_is_all_or_nothing(case):
    class Crash(BaseException):
        pass

    def crash(transaction, reviewed):
        assert reviewed.act.kind == "reject"
        raise Crash

    size, envelope = case.verified().size, signed(case)
    with pytest.raises(Crash):
        record_act(case.workspace, envelope, principal="local|bo", people=case.people, also=crash)
    assert case.verified().size == size
    assert record(case, envelope)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE account_role SET role = 'approver' WHERE principal = 'local|di'",
        "INSERT INTO account_role SELECT entry, 'approver', principal, since, until FROM account_role"
        " WHERE principal = 'local|di'",
        "UPDATE account_key SET principal = CASE principal WHEN 'local|di' THEN 'local|bo' ELSE 'local|di' END"
        " WHERE principal IN ('local|bo', 'local|di')",
        "UPDATE document SET data = CAST(replace(CAST(data AS TEXT), 'auditor', 'approver') AS BLOB)",
        "UPDATE entry SET body = CAST(replace(CAST(body AS TEXT), '-7', '-8') AS BLOB) WHERE type LIKE 'person:%'",
    ],
)
def test_by_whoever_wrote_themselves_into_the_tables(case, statement):
    """di is an auditor, and can write the database, but has not the log's key."""
    case.join("di", "auditor")
    envelope = signed(case, "di")
    with contextlib.closing(sqlite3.connect(case.workspace.trail_path)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        assert connection.execute(statement).rowcount > 0
        connection.commit()
    # What a process has read of the log it does not read again: this is one that starts now.
    case.workspace = Workspace(case.workspace.root, case.workspace.settings, case.clock, os.urandom)
    for principal in ("local|di", "local|bo"):
        with pytest.raises(GovernanceError) as caught:
            record_act(case.workspace, envelope, principal=principal, people=case.people)
        assert not isinstance(caught.value, MachineFault)
    with pytest.raises(VerificationFailed):
        case.people.person("local|di")
    with pytest.raises(VerificationFailed):
        accounts.grant(case.workspace, "local|di", "submitter", Operator())
    with pytest.raises(VerificationFailed):
        accounts.redeem(case.workspace, case.invite("di"), PASSWORD)


def test_who_made_themselves_an_admin_in_the_tables_makes_nobody_anything(case):
    di = (case.join("di", "auditor"), case.caller("di"))[1]
    with contextlib.closing(sqlite3.connect(case.workspace.trail_path)) as connection:
        connection.execute("UPDATE account_role SET role = 'admin' WHERE principal = 'local|di'")
        connection.commit()
    size = case.verified().size
    for attempt in (
        lambda: accounts.grant(case.workspace, "local|bo", "auditor", di),
        lambda: accounts.disable(case.workspace, "local|bo", di),
        lambda: accounts.redeem(case.workspace, case.invite("ed", "approver", by=di), PASSWORD),
    ):
        with pytest.raises(VerificationFailed, match="not what the trail says"):
            attempt()
    assert case.verified().size == size
