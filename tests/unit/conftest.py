"""Fixtures of more than one module: the Asterisks, an engine on a side in memory, a host to give commands on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from pbxlink.engine.engine import Engine
from pbxlink.engine.journal import Journal
from tests.stack.asterisk import missing_asterisk
from tests.unit.asterisks import Pair, running
from tests.unit.desk import LINK, SECRET, Desk
from tests.unit.memoryside import Made, MemorySide

# More than ten thousand examples over the suite's properties; a busy machine must not fail one for its time.
settings.register_profile("suite", max_examples=200, deadline=None)
# The same few ones each time for mutmut, which runs the tests a thousand times and needs no smallest example.
_IS_MUTATED = "MUTANT_UNDER_TEST" in os.environ
_PHASES = (Phase.explicit, Phase.generate)
settings.register_profile("mutants", max_examples=15, deadline=None, derandomize=True, database=None, phases=_PHASES)
settings.load_profile("mutants" if _IS_MUTATED else "suite")


@pytest.fixture(scope="session")
def pair() -> Iterator[Pair]:
    """Brought up once for all tests that need it."""
    reason = missing_asterisk() or ("mutmut: an Asterisk each time takes too long" if _IS_MUTATED else "")
    if reason:
        pytest.skip(reason)
    with running() as both:
        yield both


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A side on which nothing of ours is yet, its journal and its engine."""
    side, journal = MemorySide(), Journal(tmp_path / "journal", "pbx", "omnileads")
    return side, journal, Engine(side, journal)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Whatever a test does on it, the secret must not have been printed at the end."""
    desk = Desk(tmp_path)
    desk.write(LINK)
    yield desk
    assert SECRET not in desk.told
