"""Several processes, one trail; and processes that die at any moment."""

import itertools
import random
import time
from pathlib import Path

import pytest

from governance.store.trail import TrailStore
from governance.store.verify import verify_trail

ROUNDS = 10


@pytest.fixture
def numbers(place):
    """Writers at once, entries of each, writers killed."""
    return (4, 40, 20) if isinstance(place, Path) else (8, 20, 8)


def go(processes):
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()


def acknowledged(process, read=()):
    out, _ = process.communicate(timeout=60)
    whole = [line.split() for line in [*read, *out.splitlines(keepends=True)] if line.endswith("\n")]
    return {entry_id: int(index) for entry_id, index in whole}


def test_many_writers_make_one_log(store, place, start_writer, vkey, numbers):
    writers, each, _ = numbers
    told = []
    for attempt in range(ROUNDS):
        processes = [start_writer(place, attempt * writers + writer, each) for writer in range(writers)]
        go(processes)
        told += [acknowledged(process) for process in processes]
        assert [process.returncode for process in processes] == [0] * writers
        # A busy machine may run them one after the other, which says nothing about racing: then once more.
        by_index = sorted((index, writer) for writer, entries in enumerate(told) for index in entries.values())
        turns = sum(one[1] != two[1] for one, two in itertools.pairwise(by_index))
        if turns > len(told):
            break
    assert turns > len(told)
    assert verify_trail(store, vkey).size == 1 + len(told) * each
    with store.snapshot() as trail:
        present = {stored.entry.id: stored.index for stored in trail.entries(1)}
    assert {entry_id: index for writer in told for entry_id, index in writer.items()} == present


def test_a_killed_writer_loses_nothing_it_acknowledged(store, place, start_writer, vkey, numbers):
    kills = numbers[2]
    store.close()
    choose = random.Random(7)
    told = {}
    for kill in range(kills):
        process = start_writer(place, kill, 1_000_000)
        go([process])
        # After a few entries, at any moment of the next one, however slow the disk is.
        read = [process.stdout.readline() for _ in range(choose.randint(0, 4))]
        time.sleep(choose.uniform(0, 0.02))
        process.kill()
        fresh = acknowledged(process, read)
        assert process.returncode == -9
        told |= fresh
        with TrailStore.open(place) as opened, opened.snapshot() as trail:
            if kill % 5 == 4:
                verify_trail(opened, vkey)
            for entry_id, index in fresh.items():
                assert trail.find(entry_id) == index
    with TrailStore.open(place) as opened:
        size = verify_trail(opened, vkey).size
        # Each writer may have committed one entry that it had no time to tell.
        assert len(told) <= size - 1 <= len(told) + kills
        assert len(told) > kills
