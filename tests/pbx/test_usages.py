"""What leads to what is to go: every line of the table of usages, and who is told of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine

from issabel_module.checks import usages
from issabel_module.checks.usages import SOURCES, Source, Target
from issabel_module.host.database_url import DatabaseUrl
from issabel_module.storage.database import Database
from tests.pbx.product import Bench, difference

pytest_plugins = ["tests.pbx.product_fixtures"]

CELLS: dict[usages.Form, tuple[str, Target]] = {
    usages.destination: ("from-did-direct,2222,1", Target("extension", "2222")),
    usages.destinations_in_json: ('{"destid":"1","target":"from-did-direct,2222,1"}', Target("extension", "2222")),
    usages.numbers: ("201-2222", Target("extension", "2222")),
    usages.number: ("2222", Target("extension", "2222")),
    usages.dialled: ("SIP/omnileads/10061", Target("peer", "omnileads")),
    usages.route_context: ("outrt-2", Target("route", "2")),
    usages.trunk: ("3", Target("trunk", "3")),
}


def one_row(source: Source, column: str, path: Path) -> Database:
    """A database with nothing but one row of the source's table, one cell of which leads somewhere."""
    kinds = ["keyword" if source.table == "queues_details" else "dmode"] if source.only else []
    cells = {name: f"{name}-cell" for name in (*source.columns, *source.named)}
    cells.update({kind: next(iter(source.only)) for kind in kinds}, **{column: CELLS[source.form][0]})
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE {source.table} ({', '.join(f'`{each}` TEXT' for each in cells)})")
        marks = ", ".join("?" for _ in cells)
        connection.exec_driver_sql(f"INSERT INTO {source.table} VALUES ({marks})", tuple(cells.values()))
    engine.dispose()
    return Database(DatabaseUrl("sqlite", database=str(path)))


@pytest.mark.parametrize(
    ("source", "column"),
    [pytest.param(each, column, id=f"{each.table}.{column}") for each in SOURCES for column in each.columns],
)
def test_a_place_that_leads_somewhere_is_found(source: Source, column: str, tmp_path: Path) -> None:
    database = one_row(source, column, tmp_path / "one.db")
    found = usages.everything(database)
    database.close()
    assert (CELLS[source.form][1], source.kind) in {(each.target, each.kind) for each in found}


def test_where_no_table_is_nothing_is_found(tmp_path: Path) -> None:
    database = Database(DatabaseUrl("sqlite", database=str(tmp_path / "empty.db")))
    assert usages.everything(database) == []
    database.close()


@pytest.mark.parametrize(
    ("cell", "target"),
    [
        ("from-did-direct,2222,1", "2222"), ("ext-local,2222,1", "2222"), ("ext-local,vmu2222,1", "2222"),
        ("ext-findmefollow,FM2222,1", "2222"), ("from-internal,2222,1", "2222"), ("ext-trunk,3,1", "3"),
        ("from-did-direct,22223,1", "22223"), ("app-blackhole,hangup,1", None), ("ext-group,2222,1", None), ("", None),
    ],
)  # fmt: skip
def test_where_a_destination_leads(cell: str, target: str | None) -> None:
    assert [each.name for each in usages.destination(cell)] == ([target] if target else [])


@pytest.mark.parametrize(
    ("dial", "target"),
    [
        ("SIP/omnileads/10061", Target("peer", "omnileads")), ("sip/OmniLeads/1", Target("peer", "omnileads")),
        ("PJSIP/10061@omnileads", Target("peer", "omnileads")),
        ("PJSIP/omnileads/sip:1@192.0.2.1", Target("peer", "omnileads")),
        ("Local/*066098098@outrt-3", Target("route", "3")), ("Local/2222@from-queue/n,0", Target("extension", "2222")),
        ("SIP/201&Local/2222@from-internal/n", Target("extension", "2222")),
    ],
)  # fmt: skip
def test_where_a_dial_string_leads(dial: str, target: Target) -> None:
    assert target in set(usages.dialled(dial))


def others_lead_to(bench: Bench, number: str) -> None:
    """Rows of other modules that lead to an extension, as in an installation that is in use."""
    there = f"from-did-direct,{number},1"
    bench.sql("INSERT INTO ringgroups (grpnum, strategy, grptime, grplist, description) VALUES"
              " ('600', 'ringall', 20, :list, 'Ventas')", list=f"201-{number}")  # fmt: skip
    bench.sql("INSERT INTO ivr_entries (ivr_id, selection, dest, ivr_ret) VALUES (1, '2', :there, 0)", there=there)
    bench.sql("INSERT INTO timeconditions (timeconditions_id, displayname, truegoto, falsegoto) VALUES"
              " (1, 'Horario', :there, 'app-blackhole,hangup,1')", there=there)  # fmt: skip
    bench.sql("INSERT INTO queues_details (id, keyword, data, flags) VALUES ('700', 'member', :member, 0)",
              member=f"Local/{number}@from-queue/n,0")  # fmt: skip
    bench.sql("CREATE TABLE announcement (announcement_id INT, description TEXT, post_dest TEXT)")
    bench.sql("INSERT INTO announcement VALUES (4, 'Bienvenida', :there)", there=there)


PLACES = (  # of these the box is in no file that is known, so that it stays; the ring group's list goes along
    "voicemail box 2223", "IVR 1 2", "time condition 1 Horario", "queue 700",
    "announcement 4 Bienvenida",
)  # fmt: skip


def test_who_leads_to_an_extension_that_goes_is_named_in_plan_apply_and_remove(bench: Bench) -> None:
    sections = bench.guide()
    sections["extensions"]["2223"] = {"number": "2223", "send": "098099", "name": "OML camp2"}
    bench.write_link(sections)
    bench.done("apply", "--yes")
    others_lead_to(bench, "2223")
    bench.sql("UPDATE users SET voicemail = 'default' WHERE extension = '2223'")
    assert "usage.leads" not in bench.json("plan").codes
    removal = bench.json("remove")
    assert removal.code == 1 and "2223" in bench.run("status").out
    assert bench.done("status").codes == ["usage.led_to"]
    bench.write_link()
    planned = bench.json("plan")
    for place in PLACES:
        assert place in planned.message("usage.leads")
    assert "ring group" not in planned.message("usage.leads")
    assert "custom extension 2223" in planned.message("usage.leads")
    before = bench.snapshot()
    assert bench.run("apply").code == 1 and difference(before, bench.snapshot()) == {}
    assert "usage.leads" in bench.done("apply", "--yes").codes
    assert bench.sql("SELECT id FROM devices WHERE id = '2223'") == []


def test_who_leads_to_the_trunk_is_named_and_what_is_ours_is_not(bench: Bench) -> None:
    bench.done("apply", "--yes")
    assert "usage.leads" not in bench.done("status").codes
    bench.pbx.add_custom_extension("3006", "Ana", "SIP/omnileads/10061")
    bench.sql("INSERT INTO incoming (cidnum, extension, destination, description, mohclass) VALUES"
              " ('', '5551234', 'ext-trunk,2,1', 'Principal', 'default')")  # fmt: skip
    checked = bench.json("check")
    assert "3006 Ana" in checked.message("pbx.not_in_link") and "098098" not in checked.message("pbx.not_in_link")
    seen = bench.done("status")
    assert seen.codes == ["usage.led_to"] and "3006 Ana" in seen.message("usage.led_to")
    told = bench.done("remove", "--yes").message("usage.leads")
    assert "extension 3006 Ana" in told and "inbound route 5551234 Principal" in told and "trunk omnileads" in told
