"""What a server says and holds: a fault of the machine, a broken trail, or a mistake of ours."""

import psycopg
import pytest

from governance.errors import BadInput, Broken, MachineFault, VerificationFailed
from governance.store.database import database_at
from governance.store.trail import TrailStore, origin_at
from governance.store.verify import verify_trail
from tests.store.conftest import ORIGIN, START


@pytest.mark.parametrize(
    "code, words",
    [
        ("08006", "is gone"), ("57P01", "is gone"), ("57P03", "is gone"), ("25006", "only be read"),
        ("25P03", "too long without a word"), ("28P01", "does not let us in"), ("28000", "does not let us in"),
        ("3D000", "no such database"), ("40001", "gave way"), ("40P01", "gave way"), ("42501", "may not do that"),
        ("53100", "no space left"), ("53200", "not enough memory"), ("53300", "too many connections"),
        ("55P03", "another process held"), ("57014", "took more than"), ("58030", "disk under the database"),
        ("XX000", "failed inside"),
    ],
)  # fmt: skip
def test_each_code_of_the_machine_has_its_message(place, code, words):
    with pytest.raises(MachineFault, match=words) as caught, database_at(place).faults():
        raise psycopg.errors.lookup(code)("the server's words")
    assert caught.value.fix and "the server's words" in caught.value.got


@pytest.mark.parametrize("code", ["42P01", "42703", "42883", "XX001", "XX002", "3F000"])
def test_each_code_of_a_broken_trail_is_a_verdict(place, code):
    with pytest.raises(VerificationFailed) as caught, database_at(place).faults():
        raise psycopg.errors.lookup(code)("the server's words")
    assert caught.value.verdict is Broken.MALFORMED


@pytest.mark.parametrize("code", ["23505", "22P02"])
def test_our_own_mistakes_stay_what_they_are(place, code):
    with pytest.raises(psycopg.errors.lookup(code)), database_at(place).faults():
        raise psycopg.errors.lookup(code)("the server's words")


def test_somebody_elses_tables(place, other, signer, vkey):
    """Beside ours they do not matter, whatever they are called; in our schema there is no room for them."""
    other.execute("CREATE TABLE public.entry (theirs text); CREATE TABLE public.head (theirs text)")
    TrailStore.create(place, ORIGIN, signer, START).close()
    with TrailStore.open(place) as store:
        assert verify_trail(store, vkey).size == 1
    other.execute("DROP SCHEMA governance CASCADE; CREATE SCHEMA governance; CREATE TABLE governance.theirs (x text)")
    with pytest.raises(BadInput, match="already"):
        TrailStore.create(place, ORIGIN, signer, START)
    for look in (TrailStore.open, origin_at):
        with pytest.raises(VerificationFailed, match="not a trail's"):
            look(place)
    assert other.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'governance'").fetchone() == (1,)


def test_a_text_that_cannot_be_asked_for(store):
    with pytest.raises(BadInput, match="not a text"), store.snapshot() as trail:
        trail.decisions("a\0b")


def test_rows_that_the_database_hides(store, decide, other, vkey, postgresql, place):
    """The owner of the tables shows a user other rows than there are."""
    decide(store, range(3))
    other.execute(
        "DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA governance TO reader;"
        "GRANT SELECT ON ALL TABLES IN SCHEMA governance TO reader;"
        "ALTER TABLE entry ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON entry USING (idx <> 2)"
    )
    try:
        with TrailStore.open(postgresql.url(other.info.dbname, "reader")) as blinded:
            with pytest.raises(VerificationFailed) as caught:
                verify_trail(blinded, vkey)
            assert caught.value.verdict is Broken.INCOMPLETE
    finally:
        other.execute("DROP OWNED BY reader; DROP ROLE reader")
