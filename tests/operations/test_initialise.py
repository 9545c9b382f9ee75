"""A trail and its keys are made once; people's keys are people's."""

import pytest

from governance.errors import BadInput, MachineFault, Refused
from governance.operations.ask import ask_trail
from governance.operations.export import latest
from governance.operations.initialise import add_person, start_trail
from governance.store.trail import TrailStore
from tests.operations.project import PASSWORD, Project


def test_once(project):
    before = project.trail(), project.workspace.trust()
    with pytest.raises(BadInput, match="trail here already"):
        start_trail(project.workspace)
    assert before == (project.trail(), project.workspace.trust())


def test_each_trail_has_its_own_name_and_keys(project, tmp_path):
    other = Project(tmp_path / "other", project.settings.config).start()
    assert other.origin != project.origin
    keys = {other.signer(role).public_key for role in ("log", "issuer", "measurer")}
    keys |= {project.signer(role).public_key for role in ("log", "issuer", "measurer")}
    assert len(keys) == 6


def test_a_trail_that_is_gone_is_not_started_over(project):
    """Or whoever deletes it would get a clean slate and a trust file without its people."""
    trust = project.workspace.trust_path.read_bytes()
    project.workspace.trail_path.unlink()
    with pytest.raises(BadInput, match="its trail is gone"):
        start_trail(project.workspace)
    assert project.workspace.trust_path.read_bytes() == trust


def test_without_a_trail(bare):
    """Everything that needs one says how to start one; nothing makes one by the way."""
    for verb in (
        lambda: bare.act("approve"),
        lambda: add_person(bare.workspace, "ann", ("submitter",), PASSWORD),
        lambda: ask_trail(bare.workspace, None, "0" * 64, "prod"),
        lambda: latest(bare.workspace, model="credit", version="1.10"),
        bare.workspace.trust,
        bare.workspace.open_trail,
    ):
        with pytest.raises(BadInput, match="no trail here"):
            verb()
    assert not bare.workspace.home.exists()


def test_what_failed_can_be_tried_again(bare, monkeypatch):
    def full(*_):
        raise MachineFault("no space left for the trail")

    with monkeypatch.context() as patch:
        patch.setattr(TrailStore, "create", full)
        with pytest.raises(MachineFault):
            start_trail(bare.workspace)
    bare.start("ann")
    bare.check()
    bare.trail()


def test_ci_makes_no_key(bare, tmp_path):
    with pytest.raises(BadInput, match="CI machine"):
        start_trail(bare.at(ci=True))
    assert not bare.workspace.home.exists()
    bare.start()
    with pytest.raises(BadInput, match="CI machine"):
        add_person(bare.at(ci=True), "ann", ("submitter",), PASSWORD)
    assert bare.workspace.trust().people == ()


def test_a_person_in_two_projects_has_one_key(project, tmp_path):
    other = Project(tmp_path / "other", project.settings.config).start("ann")
    keys = {place.workspace.trust().people[0].key for place in (project, other)}
    assert len(keys) == 1


def test_somebody_else_of_the_same_name_does_not_get_the_key(project, tmp_path):
    other = Project(tmp_path / "other", project.settings.config).start()
    with pytest.raises(Refused, match="wrong password"):
        add_person(other.workspace, "ann", ("approver",), "another password")
    assert other.workspace.trust().people == ()


def test_no_role_is_added_by_asking_again(project):
    with pytest.raises(BadInput, match="has a key already"):
        add_person(project.workspace, "ann", ("approver",), PASSWORD)
    assert project.workspace.trust().people[0].roles == ("submitter",)


@pytest.mark.parametrize("name", ["", "Ann", "../ann", "a b", "ann\n", "-x", ".x", "a" * 64, "\u00e4nn", "ann|bo"])
def test_not_a_name(project, name):
    with pytest.raises(BadInput, match="not a name"):
        add_person(project.workspace, name, ("submitter",), PASSWORD)


def test_not_a_role(project):
    with pytest.raises(BadInput, match="unknown role"):
        add_person(project.workspace, "zoe", ("approver", "admin"), PASSWORD)
    with pytest.raises(BadInput, match="too short"):
        add_person(project.workspace, "zoe", ("approver",), "short")
    assert len(project.workspace.trust().people) == 2


def test_nobody_else_reads_the_private_things(project):
    for path in (project.workspace.trail_path, project.workspace.person_key("ann")):
        assert path.stat().st_mode & 0o077 == 0
    for path in project.workspace.machine_keys(project.origin).iterdir():
        assert path.stat().st_mode & 0o077 == 0
