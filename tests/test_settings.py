"""The environment is read in one place; an address may hold a password, and nothing shows it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import BadInput
from governance.settings import DatabaseUrl, Settings, load_settings

SECRET = "hunter2-is-no-secret"


@pytest.mark.parametrize(
    "text, shown",
    [
        (f"postgresql://ann:{SECRET}@db.example:5432/trail", "postgresql://db.example:5432/trail"),
        (f"postgres://ann:{SECRET}@db.example/trail?sslmode=verify-full", "postgresql://db.example/trail"),
        (f"postgresql://db.example/trail?user=ann&password={SECRET}", "postgresql://db.example/trail"),
        (f"postgresql://ann:{SECRET}@/trail?host=/run/postgresql", "postgresql:///run/postgresql/trail"),
        (f"postgresql://ann:{SECRET}@one:1,two:2/trail", "postgresql://one:1,two:2/trail"),
        (f"postgresql://ann:{SECRET}@[::1]/trail", "postgresql://[::1]/trail"),
        (f"postgresql://{SECRET}%40%2F@db.example", "postgresql://db.example"),
    ],
)
def test_host_and_name_are_shown(text, shown, monkeypatch):
    monkeypatch.setenv("GOVERNANCE_DATABASE_URL", text)
    settings = load_settings()
    assert settings.database is not None
    assert str(settings.database) == repr(settings.database) == shown
    assert settings.database.secret == text
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    "text",
    [
        f"mysql://ann:{SECRET}@db.example/trail",
        f"sqlite:///{SECRET}",
        f"ann:{SECRET}@db.example/trail",
        # Not encoded: what stands behind the sign would pass for a host, a database or an option.
        f"postgresql://ann:/{SECRET}@db.example/trail",
        f"postgresql://ann:?{SECRET}@db.example/trail",
        f"postgresql://ann:#{SECRET}@db.example/trail",
        f"postgresql://ann:@{SECRET}@db.example/trail",
        f"postgresql://ann:{SECRET} @db.example/trail",
        f"postgresql://ann:{SECRET}@db.example/trail\n",
    ],
)
def test_no_address_is_repeated_where_it_is_refused(text, monkeypatch):
    monkeypatch.setenv("GOVERNANCE_DATABASE_URL", text)
    with pytest.raises(BadInput) as caught:
        load_settings()
    assert SECRET not in str(caught.value)
    assert caught.value.where == "GOVERNANCE_DATABASE_URL"


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1), st.sampled_from(["", "?sslmode=require"])
)
def test_whatever_the_password_is(password, options):
    """However badly it is encoded: refused, or not shown."""
    marked = f"<{password}>"
    try:
        told = str(DatabaseUrl(f"postgresql://ann:{marked}@db.example/trail{options}"))
    except BadInput as error:
        told = str(error)
    assert marked not in told


def test_none_is_none(monkeypatch):
    monkeypatch.setenv("GOVERNANCE_DATABASE_URL", "")
    assert load_settings().database is None
    assert Settings._field_defaults["database"] is None


@pytest.mark.parametrize(
    "text, bytes_", [("1", 1), ("4096", 4096), ("3KiB", 3 << 10), ("5MiB", 5 << 20), ("2GiB", 2 << 30)]
)
def test_an_amount_may_have_a_unit(text, bytes_, monkeypatch):
    monkeypatch.setenv("GOVERNANCE_UPLOAD_BYTES", text)
    assert load_settings().measuring.whole == bytes_


@pytest.mark.parametrize(
    "name, text",
    [
        *(
            ("GOVERNANCE_UPLOAD_FILE_BYTES", text)
            for text in ("0", "-1", "1GB", "1.5GiB", "GiB", "1 GiB", "٣", "9" * 13)
        ),
        *(("GOVERNANCE_MEASURE_SECONDS", text) for text in ("0", "1MiB", "ten")),
        ("GOVERNANCE_MEASURE_AT_ONCE", "-1"),
    ],
)
def test_what_is_no_amount(name, text, monkeypatch):
    monkeypatch.setenv(name, text)
    with pytest.raises(BadInput) as caught:
        load_settings()
    assert caught.value.where == name


def test_a_service_measures_unless_it_is_told_not_to(monkeypatch):
    monkeypatch.delenv("GOVERNANCE_MEASURE_AT_ONCE", raising=False)
    assert load_settings().measuring.at_once >= 1
    monkeypatch.setenv("GOVERNANCE_MEASURE_AT_ONCE", "0")
    assert load_settings().measuring.at_once == 0
