import contextlib
import re

import psycopg
import pytest

from governance.store import postgresql as backend


@pytest.fixture
def place(database):
    return database


@pytest.fixture
def other(place):
    """Somebody else in the same database."""
    with psycopg.connect(place.secret, autocommit=True, options="-c search_path=governance") as connection:
        yield connection


@pytest.fixture
def limited(monkeypatch):
    """A limit is another one within the block."""

    @contextlib.contextmanager
    def limit(name, value):
        with monkeypatch.context() as patch:
            for settings in ("_SET", "_SET_WRITER"):
                changed = re.sub(rf"('{name}', ')\d+s'", rf"\g<1>{value}'", getattr(backend, settings))
                patch.setattr(backend, settings, changed)
            assert value in backend._SET_WRITER
            yield

    return limit
