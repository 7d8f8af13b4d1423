"""Where callers go when OML does not answer: written as the GUI writes it, checked, and reached by a call."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.pbx.product import Bench, Sections, difference
from tests.stack.process import wait_until

pytest_plugins = ["tests.pbx.product_fixtures"]
COLUMNS = ("noanswer_dest", "busy_dest", "chanunavail_dest")


def link_of(bench: Bench, technology: str = "sip", **extensions: Any) -> Sections:
    """The guide's link, its extension dialling as is usual; `extensions` are further keys of that section."""
    link = bench.guide(pbx={"technology": technology})
    link["extensions"] = {**extensions, "098098": link["extensions"]["098098"]}
    return link


def furnish(bench: Bench) -> None:
    """A telephone 201 with a voicemail box, a ring group, a queue, an IVR and an announcement."""
    bench.pbx.add_custom_extension("201", "Phone", "Local/201@test-phone/n")
    bench.sql("UPDATE users SET voicemail = 'default' WHERE extension = '201'")
    bench.pbx.insert("ringgroups", {"grpnum": "600", "strategy": "ringall", "grptime": 20, "grplist": "201",
                                    "description": "reception"})  # fmt: skip
    bench.pbx.insert("queues_config", {"extension": "700", "descr": "queue", "maxwait": "8"})
    bench.pbx.insert("ivr_details", {"id": 1, "name": "menu"})
    bench.sql("CREATE TABLE announcement (announcement_id INT PRIMARY KEY, description TEXT, post_dest TEXT)")
    bench.sql("INSERT INTO announcement VALUES (1, 'closed', 'app-blackhole,hangup,1')")


NAMED = {
    "600": "ext-group,600,1",
    "700": "ext-queues,700,1",
    "201": "from-did-direct,201,1",
    "ivr-1": "ivr-1,s,1",
    "announcement-1": "app-announcement-1,s,1",
    "voicemail-201": "ext-local,vmu201,1",
}


def test_a_fallback_stands_in_the_columns_of_the_gui_and_nowhere_else(bench: Bench) -> None:
    furnish(bench)
    bench.write_link(link_of(bench))
    bench.done("apply", "--yes")
    before = bench.snapshot()
    for name, destination in NAMED.items():
        bench.write_link(link_of(bench, fallback=name))
        assert bench.done("apply", "--yes").actions == [("update", "extension", "098098")]
        changed = {table for table in difference(before, bench.snapshot()) if table != "files"}
        assert changed == {"users"}
        found = bench.sql(f"SELECT {', '.join(COLUMNS)} FROM users WHERE extension = '098098'")
        assert found == [dict.fromkeys(COLUMNS, destination)]
        assert bench.json("plan").code == 0


def test_an_extensions_own_fallback_comes_before_the_agents_and_the_links(bench: Bench) -> None:
    furnish(bench)
    link = link_of(bench, fallback="600")
    link["extensions"]["2222"] = {"number": "2222", "send": "098099", "fallback": "700"}
    link["agents"] = {"list": ["1006:1"], "fallback": "ivr-1"}
    bench.write_link(link)
    bench.done("apply", "--yes")
    rows = bench.sql("SELECT extension, busy_dest FROM users WHERE extension <> '201'")
    assert {row["extension"]: row["busy_dest"] for row in rows} == {
        "098098": "ext-group,600,1", "2222": "ext-queues,700,1", "10061": "ivr-1,s,1",
    }  # fmt: skip


def test_what_the_link_says_of_it_is_the_links_and_else_the_administrators(bench: Bench) -> None:
    furnish(bench)
    bench.write_link(link_of(bench, fallback="600"))
    bench.done("apply", "--yes")
    bench.sql("UPDATE users SET busy_dest = 'ext-queues,700,1' WHERE extension = '098098'")
    assert "users: busy_dest" in bench.json("status").message("drift.changed")
    assert bench.done("apply", "--yes").actions == [("update", "extension", "098098")]
    bench.write_link(link_of(bench))
    bench.sql("UPDATE users SET busy_dest = 'ext-queues,700,1' WHERE extension = '098098'")
    assert bench.json("plan").code == 0


@pytest.mark.parametrize("name", ["601", "ivr-2", "announcement-1", "voicemail-098098", "098098"])
def test_a_fallback_that_leads_nowhere_or_back_is_refused(bench: Bench, name: str) -> None:
    bench.write_link(link_of(bench, fallback=name))
    refused = bench.json("apply", "--yes")
    assert refused.code == 1 and name in refused.message("pbx.no_fallback")
    assert bench.sql("SELECT id FROM devices") == []


def _is_unreachable(bench: Bench, technology: str) -> bool:
    """pjsip is asked to ping now: its own first one comes at a random moment of a minute."""
    if technology == "pjsip":
        bench.pbx.cli("pjsip qualify omnileads")
    shown = bench.pbx.cli("sip show peers" if technology == "sip" else "pjsip show contacts")
    return re.search("UNREACHABLE|Unavail", shown) is not None


@pytest.mark.parametrize("technology", ["sip", "pjsip"])
def test_callers_reach_it_while_oml_is_not_there(bench: Bench, technology: str) -> None:
    furnish(bench)
    bench.write_link(link_of(bench, technology, fallback="600"))
    bench.done("apply", "--yes")
    assert wait_until(lambda: _is_unreachable(bench, technology), 60)
    before = int(bench.pbx.seen("201")["count"] or 0)
    assert bench.pbx.originate("098098", '"Cliente" <5559876>')["Response"] == "Success"
    seen = bench.pbx.seen("201")
    assert (int(seen["count"] or 0), seen["num"]) == (before + 1, "5559876")
