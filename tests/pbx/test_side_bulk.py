"""Many at once: counts that must not grow with the number of extensions, what is read exactly, and Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from issabel_module.checks import number_sources
from issabel_module.storage.astdb import AstDb
from pbxlink.asterisk import dialplan
from pbxlink.asterisk.ami import Ami, AmiAddress
from pbxlink.engine.plan import RowChange
from tests.pbx.product import ROOT, Bench, difference

pytest_plugins = ["tests.pbx.product_fixtures"]

MANY = 1000
FIRST = 2_000_000


def ami_of(bench: Bench) -> Ami:
    params = bench.pbx.params
    return Ami(AmiAddress(params.ami_host, params.ami_port, params.ami_user, params.ami_secret))


def with_directory(bench: Bench, count: int) -> tuple[str, str]:
    """The options that give the link that many extensions of OML's directory."""
    routes = [{"did": str(FIRST + number), "name": f"campaign {number}"} for number in range(count)]
    path = bench.folder / "directory.json"
    path.write_text(json.dumps({"format": 1, "inbound_routes": routes, "agents": []}), encoding="utf-8")
    bench.write_link(extensions={"from_directory": "yes"})
    return "--directory", str(path)


def test_the_benchmark_runs_and_its_counts_do_not_grow() -> None:
    """Its own command, on servers of its own; times are not judged here."""
    command = [sys.executable, "tests/benchmarks/bulk.py", "--sizes", "60,120", "--rounds", "1", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout.splitlines()[-1])
    lines: dict[tuple[int, str], dict[str, Any]] = {
        (each["size"], each["scenario"]): each for each in document["lines"]
    }
    assert set(lines) == {(size, name) for size in (60, 120) for name in SCENARIOS}
    for name, reloads in SCENARIOS.items():
        few, many = lines[60, name], lines[120, name]
        assert few["sql"] == many["sql"], f"{name}: {few['sql']} statements for 60, {many['sql']} for 120"
        assert few["reloads"] == many["reloads"] == reloads, name
    more = {name: lines[120, name]["ami"] - lines[60, name]["ami"] for name in SCENARIOS}
    assert more == {**dict.fromkeys(SCENARIOS, 0), "apply": 60 * 25, "remove": 60 * 25}, "a key is one action"
    assert document["targets"]


def test_the_benchmark_of_short_commands_runs() -> None:
    """Nor are times judged here."""
    command = [sys.executable, "tests/benchmarks/small.py", "--quick", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert set(found) == {"pass", "--help", "status", "plan", "apply"}
    assert all(len(each) == 1 for each in found.values())


SCENARIOS = {"apply": 1, "plan": 0, "again": 0, "change": 1, "status": 0, "remove": 1}
"""How often each reloads."""

ODD = {
    "/CW/1": "ends in blanks   ",
    "/CW/3": "colons: two: of /them",
    "/CW/4": "",
    "/CW/5": "%",
    "/CW/6": "ñandú ☎ 'quoted' \"twice\" 100 %",
    "/CW/7": "x" * 200,
    "/CW/8/deeper/key": "(null)",
    "/CW/9 with a blank": "v",
}


def test_values_are_read_exactly_as_they_are_stored(bench: Bench) -> None:
    rows = tuple({"key": key, "value": value} for key, value in ODD.items())
    with ami_of(bench) as ami:
        astdb = AstDb(ami)
        astdb.write(RowChange(inserts=rows))
        assert astdb.values(list(ODD)) == sorted(rows, key=lambda row: row["key"])
        assert astdb.read(["CW", "NONE"], ["8", "5", "55"]) == {
            "5": {"/CW/5": "%"}, "8": {"/CW/8/deeper/key": "(null)"},
        }  # fmt: skip
        astdb.write(RowChange(deletes=rows))
        assert astdb.values(list(ODD)) == []


def test_a_value_that_only_the_command_line_can_write_is_read_too(bench: Bench) -> None:
    """AMI takes blanks at the beginning of a value away, so that we could not put such a one back as it was."""
    bench.pbx.cli('database put CW 2 "  begins with blanks"')
    with ami_of(bench) as ami:
        assert AstDb(ami).values(["/CW/2"]) == [{"key": "/CW/2", "value": "  begins with blanks"}]


def test_names_whose_order_is_not_that_of_their_keys(bench: Bench) -> None:
    """`*` and `+` come before `/`, digits after it: the range that is read must hold the keys of all."""
    names = ["20", "20*1", "20+", "200", "2", "3"]
    rows = tuple({"key": f"/CW/{name}/x", "value": name} for name in names)
    with ami_of(bench) as ami:
        AstDb(ami).write(RowChange(inserts=rows))
        for wanted in (names, names[:3], names[1:4], ["20", "20*1"]):
            found = AstDb(ami).read(["CW"], wanted)
            assert found == {name: {f"/CW/{name}/x": name} for name in wanted}


def test_many_numbers_get_the_same_answers_as_one_by_one(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dialplan read as a whole only says which numbers need not be asked for."""
    bench.done("apply", "--yes")
    numbers = ["098098", "600", "7777", "s", "*98", "*72", "#", "911", "h", *(str(n) for n in range(1000, 1060))]
    with ami_of(bench) as ami:
        assert len(numbers) >= dialplan.MANY
        many = number_sources.in_dialplan(ami, numbers)
        monkeypatch.setattr(dialplan, "MANY", len(numbers) + 1)
        assert many == number_sources.in_dialplan(ami, numbers)
    assert "098098" in {each.number for each in many}


def test_nothing_to_do_reloads_nothing(bench: Bench) -> None:
    options = with_directory(bench, 60)
    bench.done("apply", "--yes", *options)
    assert bench.reloads == 1
    stamps = bench.stamps()
    assert bench.done("apply", "--yes", *options).actions == []
    assert bench.reloads == 1 and bench.stamps() == stamps


@pytest.mark.parametrize("keys", [0, MANY * 2, MANY * 20])
def test_ctrl_c_in_a_bulk_apply_undoes_it_or_lets_it_be(bench: Bench, keys: int) -> None:
    """At the beginning, and when so many keys are there: whatever it says it did, it did as a whole."""
    options = with_directory(bench, MANY)
    before = bench.snapshot()
    process = bench.child("apply", "--yes", *options)
    wait_for_keys(bench, process, keys)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=240)
    assert "Traceback" not in out + err
    assert process.returncode in (0, 1), err
    after = bench.snapshot()
    if process.returncode == 0:
        assert len(after["devices"]) == len(before["devices"]) + MANY + 1
        assert sum(key.startswith("/DEVICE/2") and key.endswith("/dial") for key in after["AstDB"]) == MANY
    else:
        assert "SIGINT" in err or "nterrupted" in err, err
        assert difference(before, after) == {}
    assert not list(Path(bench.state / "journal").glob("*.journal"))
    assert bench.json("recover").document["recovered"] == 0


def wait_for_keys(bench: Bench, process: subprocess.Popen[str], count: int) -> None:
    """Until so many keys are there, or the process has ended."""
    query = "database query \"SELECT count(*) AS n FROM astdb WHERE key LIKE '/AMPUSER/2%'\""
    deadline = time.monotonic() + 120
    with ami_of(bench) as ami:
        while process.poll() is None and time.monotonic() < deadline:
            if not list(bench.state.glob("journal/*.journal")):
                continue
            line = next(line for line in ami.command(query) if line.startswith("n"))
            if int(line.partition(":")[2]) >= count:
                return
            time.sleep(0.005)
