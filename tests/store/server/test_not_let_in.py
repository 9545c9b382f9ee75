"""Before there is a connection, or what it takes: one clear message, and no password in it."""

import pytest

from governance.errors import BadInput, ExitCode, MachineFault
from governance.store.trail import TrailStore
from tests.store.conftest import ORIGIN, START

PASSWORD = "a-word-nobody-may-see"


class TestNotLetIn:
    """Before there is a connection, the driver has only the server's words."""

    def said(self, place):
        with pytest.raises(MachineFault) as caught:
            TrailStore.open(place)
        assert caught.value.exit_code is ExitCode.INTERNAL
        assert PASSWORD not in str(caught.value)
        assert str(caught.value).startswith("postgresql://")
        assert caught.value.where == str(place)
        return str(caught.value)

    def test_wrong_password(self, postgresql, place):
        postgresql.execute("DROP ROLE IF EXISTS stranger")
        postgresql.execute("CREATE ROLE stranger LOGIN PASSWORD 'other'")
        text = self.said(postgresql.url(place.secret.split("/")[3].split("?")[0], "stranger", PASSWORD))
        assert "does not let us in" in text and "password authentication failed" in text

    def test_nobody_of_that_name(self, postgresql):
        assert "does not let us in" in self.said(postgresql.url("postgres", "nobody_of_that_name", PASSWORD))

    def test_no_such_database(self, postgresql):
        assert "no such database" in self.said(postgresql.url("nowhere", "postgres", PASSWORD))

    def test_no_server(self, tmp_path):
        from governance.settings import DatabaseUrl

        assert "is gone" in self.said(DatabaseUrl(f"postgresql://ann:{PASSWORD}@/trail?host={tmp_path}"))
        assert "is gone" in self.said(DatabaseUrl(f"postgresql://ann:{PASSWORD}@127.0.0.1:1/trail"))

    def test_too_many_connections(self, postgresql, place):
        name = place.secret.split("/")[3].split("?")[0]
        postgresql.execute("DROP ROLE IF EXISTS lonely")
        postgresql.execute("CREATE ROLE lonely LOGIN CONNECTION LIMIT 0")
        assert "the database has too many connections" in self.said(postgresql.url(name, "lonely", PASSWORD))

    def test_not_of_this_database(self, postgresql, place):
        name = place.secret.split("/")[3].split("?")[0]
        postgresql.execute("DROP ROLE IF EXISTS lonely")
        postgresql.execute("CREATE ROLE lonely LOGIN")
        postgresql.execute(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
        assert "does not let us in" in self.said(postgresql.url(name, "lonely", PASSWORD))

    def test_an_address_that_libpq_does_not_take(self):
        from governance.settings import DatabaseUrl

        with pytest.raises(BadInput) as caught:
            TrailStore.open(DatabaseUrl(f"postgresql://ann:{PASSWORD}@host:port/trail?such=none"))
        assert PASSWORD not in str(caught.value)
        assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_an_encoding_that_cannot_hold_every_text(postgresql, signer):
    postgresql.execute("CREATE DATABASE narrow TEMPLATE template0 ENCODING 'SQL_ASCII'")
    try:
        with pytest.raises(BadInput, match="cannot hold every text"):
            TrailStore.create(postgresql.url("narrow"), ORIGIN, signer, START)
    finally:
        postgresql.drop("narrow")


def test_the_base_install_says_which_extra_is_missing(place, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "governance.store.postgresql")
    monkeypatch.delattr("governance.store.postgresql")
    with pytest.raises(BadInput) as caught:
        TrailStore.open(place)
    assert "governance[server]" in caught.value.fix
