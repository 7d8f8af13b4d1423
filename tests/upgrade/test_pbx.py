"""A PBX on which 0.1.0 applied a link, and one on which it was interrupted."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pbxlink.engine import database_lock_name
from pbxlink.link import link_code, link_file
from tests.pbx.product import OWN_TABLE, Bench, difference

pytest_plugins = ["tests.pbx.product_fixtures"]

DATA = Path(__file__).parent / "data"
ROOT = Path(__file__).parents[2]
VERSIONS = ("image_version_1", "image_version_2")


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def insert(bench: Bench, table: str, row: dict[str, Any]) -> None:
    columns = ", ".join(f"`{column}`" for column in row)
    values = ", ".join(f":{column}" for column in row)
    bench.sql(f"INSERT INTO `{table}` ({columns}) VALUES ({values})", **row)


def as_left(bench: Bench, data: Path) -> None:
    """The PBX as 0.1.0 left it, but for what is ours in it: link file, rows, keys, and our table, empty."""
    bench.link.write_bytes((data / "link.conf").read_bytes())
    found = read(data / "rows.json")
    keys = found.pop("astdb")
    for table, rows in found.items():
        for row in rows:
            insert(bench, table, row)
    with bench.pbx.ami() as ami:
        for each in keys:
            family, _, key = each["key"][1:].partition("/")
            ami.action("DBPut", Family=family, Key=key, Val=each["value"])
    bench.sql((ROOT / "sql" / "issabel_omnileads.sql").read_text(encoding="utf-8"))
    bench.settle()


@pytest.mark.parametrize("version", VERSIONS)
def test_an_applied_link_is_known_again_and_can_be_removed(bench: Bench, version: str) -> None:
    fresh = bench.snapshot()
    as_left(bench, DATA / version)
    owned = read(DATA / version / "own_table.json")
    for row in owned:
        insert(bench, OWN_TABLE, row)
    if (DATA / version / "directory.json").exists():
        (bench.state / "directory").mkdir(parents=True)
        shutil.copy(DATA / version / "directory.json", bench.state / "directory" / "omnileads.json")
    plan = bench.json("plan", "--force")
    assert [each for each in plan.codes if "drift" in each] == []
    dialling = {("create", "route"), ("update", "route"), ("update", "extension")}
    assert {action[:2] for action in plan.actions} <= dialling, "all that changes is how extensions dial"
    status = bench.done("status").document
    assert sorted(status["owned"]) == sorted(f"{row['kind']}/{row['name']}" for row in owned if row["link"])
    bench.done("apply", "--yes", "--force")
    assert bench.reloads == 1 and bench.done("plan").actions == []
    bench.done("remove", "--yes")
    assert difference(fresh, bench.snapshot()) == {}


@pytest.mark.parametrize("version", VERSIONS)
def test_an_interrupted_run_is_undone(bench: Bench, version: str) -> None:
    fresh = bench.snapshot()
    as_left(bench, DATA / version)
    folder = bench.state / "journal"
    folder.mkdir(parents=True, mode=0o700)
    shutil.copy(DATA / version / "pbx-omnileads.journal", folder)
    assert bench.done("recover").document["recovered"] == 1
    assert (list(folder.iterdir()), difference(fresh, bench.snapshot())) == ([], {})


@pytest.mark.parametrize("version", VERSIONS)
def test_link_file_and_link_code_are_the_same_link(version: str, tmp_path: Path) -> None:
    copied = tmp_path / "link.conf"
    copied.write_bytes((DATA / version / "link.conf").read_bytes())
    copied.chmod(0o600)
    link = link_file.read(copied)
    assert link_code.decode((DATA / version / "link.code").read_text(encoding="ascii")) == link
    assert link_code.encode(link) == (DATA / version / "link.code").read_text(encoding="ascii").strip()
    assert (link.pbx.address, [each.id for each in link.agents.listed]) == ("192.0.2.10", [1, 2])


def test_a_lock_that_0_1_0_holds_keeps_this_release_out() -> None:
    """By their names, which 0.1.0 and every later release must share."""
    assert database_lock_name.for_mysql("asterisk") == "issabel-omnileads asterisk"
    assert database_lock_name.for_postgresql() == 4163249127
