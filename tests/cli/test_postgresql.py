"""The whole path with the trail in PostgreSQL: the same commands, the same answers, and never a password."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.conftest import AS_ANN, AS_BO

WORD = "a-word-nobody-may-see"


@pytest.fixture
def there(bare, database, monkeypatch):
    """The project, with its trail to be made in a database. The password is not asked for, but it is in the address."""
    url = database.secret.replace("postgres@", f"postgres:{WORD}@")
    assert WORD in url
    monkeypatch.setenv("GOVERNANCE_DATABASE_URL", url)
    return bare


@pytest.fixture
def said(run):
    """A command, its code checked, that shows no password; returns what it said."""

    def command(code, *argv):
        ran = run(*argv)
        assert ran.code == code, ran
        assert WORD not in ran.out + ran.err
        return ran.out + ran.err

    return command


def test_from_init_to_gate(there, said, database, postgresql):
    text = said(0, "init")
    assert f"trail                 {database}" in text
    assert [path.name for path in (there.root / ".governance").iterdir()] == ["trust.json"]
    for name, role in (("ann", "submitter"), ("bo", "approver")):
        said(0, "key", "new", name, "--role", role, "--password-file", "pw")
    check = ("check", "--policy", "./policy.yaml", *AS_ANN)
    text = said(11, *check, "--bundle", "b.json", "--verbose")
    assert "sealed    entry 2 of" in text and f"trail {database}" in text
    version = "credit@1.10"
    week = (datetime.now(UTC) + timedelta(days=7)).strftime("%Y-%m-%d")
    waive = ("--finding", "small#floor", "--ticket", "RISK-7", "--reason", "known", "--expires", week)
    said(0, "waive", version, *waive, *AS_BO)
    said(0, "approve", version, "--reason", "looked at it", *AS_BO)
    artifact = ("--artifact", "model.onnx", "--environment", "prod")
    assert said(0, "gate", *artifact).startswith("ALLOW")
    assert "prod: ALLOW" in said(0, "show", version)
    said(0, "bundle", version, "--out", "b2.json")
    assert said(0, "verify", "b2.json", "--trust", ".governance/trust.json").startswith("VALID")
    assert said(0, "gate", "--bundle", "b2.json", *artifact).startswith("ALLOW")
    said(0, "report", version, "--out", "r.pdf")
    assert (there.root / "r.pdf").read_bytes().startswith(b"%PDF")
    text = said(0, "trail", "show")
    assert "model_version:review:approved" in text and "model_version:report:rendered" in text
    text = said(0, "trail", "verify", "--against", "b.json")
    assert text.startswith("VALID at level 0")
    assert "not checked: the server's own files (`pg_amcheck` does)" in text
    assert "the server runs with fsync = off" in text
    verified = json.loads(said(0, "trail", "verify", "--format", "json"))
    assert len(verified["not_checked"]) == 2

    # Somebody with the database turns the denial of before into the newest word.
    postgresql.execute(
        "ALTER TABLE governance.entry DISABLE TRIGGER USER;"
        "UPDATE governance.entry SET artifact = NULL WHERE type = 'model_version:decision:issued' AND idx > 2",
        database=str(database).rpartition("/")[2],
    )
    assert said(12, "gate", *artifact).startswith("TAMPERED")
    assert said(12, "trail", "verify").startswith("TAMPERED")


def test_a_trail_is_started_once(there, said, database, tmp_path, monkeypatch):
    said(0, "init")
    trust = there.workspace.trust_path.read_bytes()
    there.workspace.trust_path.unlink()
    text = said(2, "init")
    assert "there is a trail here already" in text and str(database) in text
    assert not there.workspace.trust_path.exists()
    assert len(list((there.settings.config / "logs").iterdir())) == 1  # no keys were made
    there.workspace.trust_path.write_bytes(trust)
    assert said(0, "trail", "verify").startswith("VALID")


def test_a_trail_that_is_gone_is_not_started_over(there, said, database, postgresql):
    said(0, "init")
    postgresql.execute("DROP SCHEMA governance CASCADE", database=str(database).rpartition("/")[2])
    (there.root / "governance.yaml").unlink()
    assert "there is no trail here" in said(2, "trail", "show")
    from governance.errors import BadInput
    from governance.operations.initialise import start_trail

    with pytest.raises(BadInput, match="its trail is gone"):
        start_trail(there.at(database=database))


def test_another_projects_database(there, said, postgresql, database, tmp_path, monkeypatch):
    """Of a log that this project's trust file does not name."""
    from tests.operations.project import Project

    said(0, "init")
    said(0, "key", "new", "ann", "--role", "submitter", "--password-file", "pw")
    name = postgresql.new()
    try:
        other = Project(tmp_path / "other", tmp_path / "user-config")
        other.workspace = other.at(database=postgresql.url(name))
        other.start()
        monkeypatch.setenv("GOVERNANCE_DATABASE_URL", postgresql.url(name).secret)
        assert "does not name this log" in said(2, "trail", "verify")
        text = said(12, "check", "--policy", "./policy.yaml", *AS_ANN)
        assert text.startswith("UNTRUSTED_KEY")
    finally:
        postgresql.drop(name)


@pytest.mark.parametrize("argv", [("init",), ("trail", "verify"), ("show", "credit@1.10")])
def test_no_server(there, said, monkeypatch, tmp_path, argv):
    if argv != ("init",):
        said(0, "init")
    monkeypatch.setenv("GOVERNANCE_DATABASE_URL", f"postgresql://ann:{WORD}@/trail?host={tmp_path}")
    text = said(1, *argv)
    assert "the database is gone, or the connection to it" in text
    assert len(text.splitlines()) < 8
    if argv == ("init",):
        assert not there.workspace.trust_path.exists() and not there.settings.config.exists()


def test_what_failed_can_be_tried_again(there, said, monkeypatch):
    """The answer to COMMIT is lost: if the trail is there, it is started; if it is not, nothing is left."""
    from governance.errors import MachineFault
    from governance.store.trail import TrailStore

    made = TrailStore.create

    def before(*args):
        raise MachineFault("the connection was lost during COMMIT")

    def after(*args):
        made(*args).close()
        raise MachineFault("the connection was lost during COMMIT")

    for fails, code in ((before, 1), (after, 0)):
        with monkeypatch.context() as patch:
            patch.setattr(TrailStore, "create", fails)
            said(code, "init")
        assert there.workspace.trust_path.exists() == (code == 0)
    assert said(0, "trail", "verify").startswith("VALID")


def test_the_demo_keeps_to_its_folder(there, said, monkeypatch):
    """It would put made-up models into the trail that the environment names."""
    from governance.errors import MachineFault
    from governance.operations import initialise

    places = []

    def seen(workspace):
        places.append(workspace.place)
        raise MachineFault("seen enough")

    monkeypatch.setattr(initialise, "start_trail", seen)
    said(1, "demo", "--out", "demo")
    assert [str(place.name) for place in places] == ["trail.db"]


def test_an_address_that_is_none(bare, run, monkeypatch):
    monkeypatch.setenv("GOVERNANCE_DATABASE_URL", f"mysql://ann:{WORD}@db/trail")
    ran = run("trail", "show")
    assert (ran.code, WORD in ran.err) == (2, False)
    assert "GOVERNANCE_DATABASE_URL" in ran.err
