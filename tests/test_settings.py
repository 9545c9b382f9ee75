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
