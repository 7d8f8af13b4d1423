"""What root makes in the PBX user's folders is that user's: the GUI's page must be able to read it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pbxlink.engine.journal import Journal, Stage
from pbxlink.engine.plan import Plan
from pbxlink.link import link_file
from tests.pbx.product import guide

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody")
USER, GROUP = 12345, 23456


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of somebody else's."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, USER, GROUP)
    return folder


def _owner(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_uid, found.st_gid


def test_the_link_file(folder: Path) -> None:
    path = folder / "link.conf"
    link_file.write(path, link_file.from_mapping(guide("10.66.1.3")))
    assert _owner(path) == (USER, GROUP)


def test_the_journal_and_its_folder(folder: Path) -> None:
    journal = Journal(folder / "journal", "pbx", "omnileads")
    journal.open(Plan())
    journal.reached(Stage.WRITTEN)
    assert _owner(journal.path) == _owner(folder / "journal") == (USER, GROUP)
