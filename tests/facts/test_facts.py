"""The tables of this folder are what the records say, where those are beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.facts import FOLDER, derive

RECORDS = FOLDER.parents[2] / "shared" / "truth"


def test_the_tables_are_those_of_the_records() -> None:
    if not RECORDS.is_dir():
        pytest.skip("the recorded facts (../shared/truth) are not beside this checkout")
    for name, data in derive.derived(RECORDS).items():
        assert Path(FOLDER / f"{name}.json").read_text(encoding="utf-8") == derive.dumped(data) + "\n", name
