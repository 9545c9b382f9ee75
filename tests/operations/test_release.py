"""A release of a policy: two signatures by two people, in order, in time, and never an older one again."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.canonical import instant, parse_instant, sha256
from governance.errors import BadInput, Broken, Refused, VerificationFailed
from governance.keys import KeySigner
from governance.operations.ask import ask_trail
from governance.operations.evaluate import check
from governance.operations.export import export_bundle
from governance.operations.pin import pin, pin_key
from governance.operations.release import adopt, approve, author, read_release, ruling, write
from governance.operations.releases import releases
from governance.policy.act import APPROVER
from governance.policy.release import APPROVAL, RELEASE, Release, ReleaseApproval, ReleasedPolicy
from governance.signing import dsse
from governance.signing.keys import encode_public
from governance.verification import payload_type, verify
from governance.verification.releases import accept
from tests.operations.project import PASSWORD, POLICY, Project

NEXT = POLICY.replace("version: 1.0.0", "version: 1.1.0").replace("at_least: 0.9", "at_least: 0.95")


def signed(project, text=POLICY, name="release.json", by="ann", effective=None):
    project.write("draft.yaml", text)
    found = author(
        project.workspace, str(project.root / "draft.yaml"), person=by, password=lambda: PASSWORD,
        reason="because", effective=effective,
    )  # fmt: skip
    write(found.file, project.root / name)
    return found


def released(project, text=POLICY, name="release.json"):
    found = signed(project, text, name)
    whole = approve(project.workspace, found.file, person="bo", password=lambda: PASSWORD, reason="read it")
    write(whole.file, project.root / name)
    project.clock.tick()
    return whole


def rules(project, name="release.json"):
    return ruling(project.workspace, [str(project.root / name)])


def judged(project, name="release.json"):
    found = rules(project, name)
    adopt(project.workspace, found.released)
    return check(project.workspace, project.root / "governance.yaml", found.policies, submitter="local|ann", fresh=True)


def verdict(call) -> Broken:
    with pytest.raises(VerificationFailed) as caught:
        call()
    return caught.value.verdict


def test_a_release_is_judged_by_and_its_bundle_proves_it_to_a_stranger(project):
    done = released(project)
    assert (done.release.author, done.release.previous, done.release.changes) == ("local|ann", None, None)
    pin_key(project.workspace, "bo", None)
    made = judged(project)
    found = verify(project.bundle(made), project.workspace.trust(), now=project.clock())
    assert "small 1.0.0 released by local|ann, approved by local|bo" in found.checked
    assert any("no release of small above 1.0.0" in said for said in found.not_checked)
    assert project.trail().size == 1 + 1 + 1 + 2
    # Without the key of whoever approved it, and with somebody else's, nothing counts.
    trust = project.workspace.trust()
    other = encode_public(b"\1" * 32)
    refused = trust.model_copy(update={"policy_keys": (other,)})
    assert verdict(lambda: verify(project.bundle(made), refused, now=project.clock())) is Broken.UNTRUSTED_POLICY
    assert ask_trail(project.workspace, trust, project.artifact(), "prod").verified is not None


def test_the_same_text_without_its_release_does_not_count_by_key(project):
    project.check()
    pin_key(project.workspace, "bo", None)
    trust = project.workspace.trust()
    assert verdict(lambda: ask_trail(project.workspace, trust, project.artifact(), "prod")) is Broken.UNTRUSTED_POLICY
    released(project)
    # Released after the decision: it was not a release when it was judged by.
    assert verdict(lambda: ask_trail(project.workspace, trust, project.artifact(), "prod")) is Broken.UNTRUSTED_POLICY


def test_a_release_can_be_pinned_by_its_digest(project):
    released(project)
    assert [one.sha256 for one in pin(project.workspace, [str(project.root / "release.json")], None).pinned] == [
        sha256(POLICY.encode())
    ]
    assert ask_trail(
        project.workspace, project.workspace.trust(), judged(project).decision.subject.artifact, "prod"
    ).verified


def test_the_author_cannot_approve_nor_can_who_is_no_approver(project):
    from governance.operations.initialise import add_person

    add_person(project.workspace, "cy", project.PEOPLE["cy"], PASSWORD)
    found = signed(project, by="cy")
    for person, told in (("cy", "is its author"), ("ann", "takes the role approver")):
        with pytest.raises(Refused, match=told):
            approve(project.workspace, found.file, person=person, password=lambda: PASSWORD, reason="")
    assert verdict(lambda: rules(project)) is Broken.UNTRUSTED_POLICY  # nobody has approved it


def forged(project, release: Release, by: str, approver: str, principal: str, role=APPROVER, of=None) -> ReleasedPolicy:
    """A release that people sign without asking the verb."""
    approval = ReleaseApproval(
        release=of or sha256(release.to_bytes()), approver=principal, role=role, reason="", at=instant(project.clock())
    )
    one, two = (
        dsse.seal(payload_type(kind), document.to_bytes(), project.person(who))
        for kind, document, who in ((RELEASE, release, by), (APPROVAL, approval, approver))
    )
    return ReleasedPolicy(release=one, approval=two)


def test_forged_releases_are_refused_for_what_they_are(project):
    from governance.operations.initialise import add_person

    add_person(project.workspace, "cy", project.PEOPLE["cy"], PASSWORD)
    trust, release = project.workspace.trust(), signed(project).release
    accept(forged(project, release, "ann", "bo", "local|bo"), trust)  # the pattern that holds

    def told(*arguments, of_trust=trust, **more) -> Broken:
        return verdict(lambda: accept(forged(project, *arguments, **more), of_trust))

    own = release.model_copy(update={"author": "local|cy"})
    assert told(own, "cy", "cy", "local|cy") is Broken.UNTRUSTED_POLICY  # author == approver
    assert told(own, "cy", "bo", "local|cy") is Broken.TAMPERED  # in another's name
    assert told(release, "bo", "cy", "local|cy") is Broken.TAMPERED  # the author's name on another key
    assert told(own, "cy", "ann", "local|ann") is Broken.UNTRUSTED_KEY  # ann is no approver
    assert told(release, "ann", "bo", "local|bo", role="auditor") is Broken.UNTRUSTED_KEY
    assert told(release, "ann", "bo", "local|bo", of="0" * 64) is Broken.TAMPERED  # an approval of something else
    swapped = release.model_copy(update={"text": release.text.replace("0.9", "0.1")})
    assert told(swapped, "ann", "bo", "local|bo") is Broken.TAMPERED  # the text swapped under its digest
    milder = swapped.model_copy(update={"sha256": sha256(swapped.text.encode())})
    approved_before = sha256(release.to_bytes())
    assert told(milder, "ann", "bo", "local|bo", of=approved_before) is Broken.TAMPERED
    renamed = release.model_copy(update={"version": "9.9.9"})
    assert told(renamed, "ann", "bo", "local|bo") is Broken.TAMPERED
    broken = release.model_copy(update={"text": "{", "sha256": sha256(b"{")})
    assert told(broken, "ann", "bo", "local|bo") is Broken.MALFORMED
    strangers = trust.model_copy(update={"people": trust.people[:1]})
    assert told(release, "ann", "bo", "local|bo", of_trust=strangers) is Broken.UNTRUSTED_KEY  # another key
    # A key that is named for policies needs no person, and no role.
    named = strangers.model_copy(update={"policy_keys": (trust.people[1].key,)})
    assert accept(forged(project, release, "ann", "bo", "local|bo"), named).approval.approver == "local|bo"


def test_a_key_that_is_named_for_policies_signs_in_no_known_persons_name(project):
    """Who held it could have a release say that somebody approved it, or wrote it, who had never seen it."""
    house = KeySigner(Ed25519PrivateKey.from_private_bytes(b"\7" * 32))
    trust, release = project.workspace.trust(), signed(project).release
    trust = trust.model_copy(update={"policy_keys": (encode_public(house.public_key),)})

    def accepted(author: str, by: KeySigner, approver: str, approved_by: KeySigner) -> str:
        written = release.model_copy(update={"author": author})
        approval = ReleaseApproval(
            release=sha256(written.to_bytes()), approver=approver, role=APPROVER, reason="", at=instant(project.clock())
        )
        one = dsse.seal(payload_type(RELEASE), written.to_bytes(), by)
        two = dsse.seal(payload_type(APPROVAL), approval.to_bytes(), approved_by)
        return accept(ReleasedPolicy(release=one, approval=two), trust).approval.approver

    ann, bo = project.person("ann"), project.person("bo")
    assert accepted("local|ann", ann, "house", house) == "house"
    assert accepted("house", house, "local|bo", bo) == "local|bo"
    assert verdict(lambda: accepted("local|ann", ann, "local|bo", house)) is Broken.TAMPERED
    assert verdict(lambda: accepted("local|ann", house, "local|bo", bo)) is Broken.TAMPERED
    # With the key that they had before, both of theirs count.
    before = trust.people[1].model_copy(update={"key": encode_public(house.public_key)})
    trust = trust.model_copy(update={"people": (*trust.people, before)})
    assert accepted("local|ann", ann, "local|bo", house) == "local|bo"


def test_both_envelopes_are_of_their_own_type(project):
    file = released(project).file
    assert (
        verdict(lambda: accept(ReleasedPolicy(release=file.approval, approval=file.release), project.workspace.trust()))
        is Broken.TAMPERED
    )


def test_a_changed_byte_of_the_payload_breaks_the_signature(project):
    file = released(project).file
    payload = file.release.payload
    other = file.release.model_copy(
        update={"payload": ("B" if payload[40] == "A" else "A").join([payload[:40], payload[41:]])}
    )
    broken = ReleasedPolicy(release=other, approval=file.approval)
    assert verdict(lambda: accept(broken, project.workspace.trust())) in (Broken.TAMPERED, Broken.MALFORMED)


def test_no_older_release_counts_again(project):
    first = released(project)
    second = released(project, NEXT, "next.json")
    assert second.release.previous == sha256(first.release.to_bytes())
    assert second.release.changes.direction == "tightened"
    assert verdict(lambda: rules(project)) is Broken.ROLLED_BACK
    pin_key(project.workspace, "bo", None)
    trust = project.workspace.trust()
    assert ask_trail(project.workspace, trust, judged(project, "next.json").decision.subject.artifact, "prod").verified
    # Nor its text by itself: it was released once, but is not the newest any more.
    project.clock.tick()
    project.write("policy.yaml", POLICY)
    project.check(fresh=True)
    assert verdict(lambda: ask_trail(project.workspace, trust, project.artifact(), "prod")) is Broken.UNTRUSTED_POLICY


def test_a_decision_under_an_older_release_still_holds_as_of_its_day(project):
    released(project)
    pin_key(project.workspace, "bo", None)
    old = judged(project)
    project.clock.tick()
    released(project, NEXT, "next.json")
    verify(project.bundle(old), project.workspace.trust(), now=project.clock())


def test_another_text_of_the_same_version_is_no_release(project):
    released(project)
    with pytest.raises(BadInput, match="was released already"):
        signed(project, POLICY.replace("0.9", "0.8"))


def test_who_signs_after_somebody_else_must_sign_again(project):
    released(project)
    late = signed(project, NEXT, "late.json")
    released(project, NEXT.replace("1.1.0", "1.0.1"), "quick.json")
    with pytest.raises(Refused, match="another release was recorded"):
        approve(project.workspace, late.file, person="bo", password=lambda: PASSWORD, reason="")


def test_an_author_cannot_hide_what_changes(project):
    released(project)
    honest = signed(project, NEXT.replace("0.95", "0.5"), "next.json")
    assert honest.release.changes.direction == "loosened"
    quiet = honest.release.model_copy(
        update={"changes": honest.release.changes.model_copy(update={"direction": "tightened", "changes": ()})}
    )
    envelope = dsse.seal(payload_type(RELEASE), quiet.to_bytes(), project.person("ann"))
    shown, asked = [], []
    with pytest.raises(Refused, match="does not say what it changes"):
        approve(
            project.workspace, ReleasedPolicy(release=envelope, approval=None), person="bo",
            password=lambda: asked.append(1) or PASSWORD, reason="", show=shown.append,
        )  # fmt: skip
    assert not shown and not asked
    assert project.trail().size == 2


def test_before_its_first_and_after_its_last_day_it_does_not_count(project):
    until = POLICY.replace("00Z}", "00Z, until: 2027-02-01T00:00:00Z}")
    found = signed(project, until, effective=parse_instant("2027-01-10T00:00:00Z"))
    whole = approve(project.workspace, found.file, person="bo", password=lambda: PASSWORD, reason="")
    write(whole.file, project.root / "release.json")
    assert found.release.expires == "2027-02-01T00:00:00Z"
    assert verdict(lambda: rules(project)) is Broken.UNTRUSTED_POLICY
    project.clock.tick(days=10)
    rules(project)
    project.clock.tick(days=30)
    assert verdict(lambda: rules(project)) is Broken.UNTRUSTED_POLICY
    with pytest.raises(BadInput, match="never be effective"):
        signed(project, until.replace("1.0.0", "2.0.0"), effective=parse_instant("2027-03-01T00:00:00Z"))


def test_a_trail_that_knows_nothing_of_it_tells_of_it_when_it_is_first_used(project, tmp_path):
    """A pipeline with a trail of its own, which trusts the people of the house."""
    released(project)
    there = Project(tmp_path / "ci", tmp_path / "ci-keys", clock=project.clock).start("ann")
    trust = there.workspace.trust()
    there.workspace.write_trust(
        trust.model_copy(
            update={
                "people": (*trust.people, *project.workspace.trust().people),
                "policy_keys": (project.workspace.trust().people[1].key,),
            }
        )
    )
    there.write("release.json", (project.root / "release.json").read_bytes())
    made = judged(there)
    judged(there)
    with there.workspace.open_trail() as store, store.snapshot() as snapshot:
        assert [one.release.version for one in releases(snapshot)] == ["1.0.0"]
    data = export_bundle(there.workspace, made.sealed.decision_sha256)
    assert verify(data, there.workspace.trust(), now=there.clock()).level == 0


def test_a_bundle_without_the_approval_or_with_another_policys_release_is_refused(project):
    released(project)
    pin_key(project.workspace, "bo", None)
    bundle = json.loads(project.bundle(judged(project)))
    digest = next(one for one, found in bundle["documents"].items() if found["type"] == APPROVAL)
    del bundle["documents"][digest]
    from governance.canonical import dumps

    assert verdict(lambda: verify(dumps(bundle), project.workspace.trust(), now=project.clock())) in (
        Broken.MALFORMED,
        Broken.TAMPERED,
    )


def test_what_is_no_release_is_bad_input(project):
    for data in (b"{}", b"", b"{" * 10, b"x" * (5 << 20)):
        with pytest.raises(BadInput, match="not a release"):
            read_release(data, "release.json")
