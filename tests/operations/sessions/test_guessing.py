"""Who guesses passwords is slowed down, and nobody else."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Semaphore

import pytest

from governance.errors import Refused, TooMany
from governance.operations import sessions, throttle
from tests.operations.project import PASSWORD
from tests.operations.sessions.passwords import WRONG, fail


class TestGuessing:
    def test_one_account_is_slowed_down_and_more_so(self, service):
        for _ in range(6):
            assert not isinstance(fail(service), TooMany)
        waits = []
        for _ in range(8):
            refused = fail(service, password=PASSWORD)  # not even looked at
            assert isinstance(refused, TooMany)
            waits.append(refused.wait)
            service.clock.tick(seconds=refused.wait)
            assert not isinstance(fail(service, address=f"192.0.2.{len(waits)}"), TooMany)
        assert waits == [2, 3, 5, 9, 17, 33, 61, 61]
        service.clock.tick(seconds=61)
        assert service.sign_in("bo")
        assert not isinstance(fail(service), TooMany)
        assert service.sign_in("bo")

    def test_a_name_that_nobody_has_is_slowed_down_alike(self, small):
        for _ in range(6):
            fail(small, "eve")
        assert isinstance(fail(small, "eve"), TooMany)

    def test_others_are_not(self, small):
        for _ in range(7):
            fail(small, "bo", address="198.51.100.1")
        assert small.sign_in("root")

    @pytest.mark.parametrize(
        "addresses",
        [["192.0.2.7"], ["2001:db8::1", "2001:db8::ffff:1"], ["::ffff:192.0.2.7", "192.0.2.7"], ["a proxy"]],
    )
    def test_one_address_is_slowed_down(self, small, addresses):
        for number in range(21):
            assert not isinstance(fail(small, f"name{number}", addresses[0]), TooMany)
        assert isinstance(fail(small, "bo", addresses[-1]), TooMany)
        assert small.sign_in("bo", address="2001:db8:0:1::1")

    def test_signing_in_to_ones_own_account_gives_no_free_guesses(self, small):
        """The address is owed what others' names cost it."""
        address = "192.0.2.9"
        refused = None
        for number in range(40):
            refused = fail(small, f"name{number}", address)
            if isinstance(refused, TooMany):
                break
            try:
                small.sign_in("bo", address=address)
            except TooMany:
                break
        assert number < 25

    def test_failures_are_forgotten_after_a_day(self, small):
        for _ in range(6):
            fail(small)
        small.clock.tick(days=1, minutes=2)
        small.sign_in("root")
        for _ in range(6):
            assert not isinstance(fail(small), TooMany)

    def test_an_attempt_counts_before_it_is_made(self, small, monkeypatch):
        """A hundred at once, none of which has ended, are not a hundred free guesses."""
        tried = []

        def never_ends(wrapped, principal, password, where):
            tried.append(password)
            raise KeyboardInterrupt

        monkeypatch.setattr(sessions, "open_person_key", never_ends)
        for _ in range(20):
            with pytest.raises((KeyboardInterrupt, TooMany)):
                small.sign_in("bo")
        assert len(tried) == 6

    def test_a_crowd_at_the_door_leaves_the_threads_to_others(self, small, monkeypatch):
        """Before: eighty strangers from eighty addresses, and nobody was answered for three quarters of a minute."""
        came, go, door = Semaphore(0), Event(), sessions._DOOR

        def opening(*_):
            came.release()
            assert go.wait(30)
            raise Refused("wrong")

        monkeypatch.setattr(sessions, "_open", opening)
        with ThreadPoolExecutor(sessions.AT_ONCE) as crowd:
            for number in range(sessions.AT_ONCE):
                crowd.submit(small.sign_in, f"nobody{number}", WRONG, f"192.0.2.{number}")
            for _ in range(sessions.AT_ONCE):
                assert came.acquire(timeout=30)
            assert isinstance(turned_away := fail(small, password=PASSWORD), TooMany)
            go.set()
        assert turned_away.wait == 1
        assert door.acquire(blocking=False)  # they left
        door.release()
        monkeypatch.undo()
        assert small.sign_in("bo").caller.principal == "local|bo"

    def test_the_password_of_a_signature_too(self, service):
        for _ in range(6):
            with pytest.raises(Refused, match="wrong password"):
                service.people.unwrap("local|bo", lambda: WRONG)
        with pytest.raises(TooMany) as refused:
            service.people.unwrap("local|bo", lambda: PASSWORD)
        assert service.sign_in("bo"), "a stranger at the door and who is inside do not slow each other down"
        service.clock.tick(seconds=refused.value.wait)
        assert service.people.unwrap("local|bo", lambda: PASSWORD).public_key
        with pytest.raises(Refused, match="wrong password"):
            service.people.unwrap("local|bo", lambda: WRONG)

    def test_waits(self):
        slow = throttle.Slow("x", 5, 60)
        assert [slow.wait(failures) for failures in (0, 5, 6, 7, 8, 11, 12, 13, 10**9)] == [
            0,
            0,
            1,
            2,
            4,
            32,
            60,
            60,
            60,
        ]
