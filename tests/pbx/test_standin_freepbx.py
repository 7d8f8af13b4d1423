"""The stand-in FreePBX against what was recorded: its tables, the sections that its reload writes, how it fails."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests import facts
from tests.pbx.product import Bench
from tests.standins.pbx.config import write_amportal
from tests.standins.pbx.freepbx import RELEASES, load_freepbx
from tests.standins.pbx.generator import freepbx_pjsip
from tests.standins.pbx.generator.settings import read_amportal
from tests.standins.pbx.generator.sip import sip_conf
from tests.standins.pbx.generator.tables import READ
from tests.standins.pbx.truth import stanzas

pytest_plugins = ["tests.pbx.product_fixtures"]


@pytest.mark.parametrize("release", RELEASES)
def test_every_column_and_key_is_the_recorded_one(release: int, pbx_database: str) -> None:
    recorded = facts.load("freepbx_columns")[str(release)]
    engine = create_engine(pbx_database)
    load_freepbx(engine, release)
    order = "WHERE table_schema = DATABASE() ORDER BY table_name, BINARY column_name"
    columns = "column_name, column_type, is_nullable, column_default, column_key, extra"
    keys = ("name", "COLUMN_TYPE", "IS_NULLABLE", "COLUMN_DEFAULT", "COLUMN_KEY", "EXTRA")
    found: dict[str, list[dict[str, Any]]] = {}
    with engine.connect() as connection:
        for name, *cells in connection.execute(
            text(f"SELECT table_name, {columns} FROM information_schema.columns {order}")
        ):
            found.setdefault(name, []).append(dict(zip(keys, cells)))
    assert len(recorded) > 20
    assert {name: facts.digest(found[name]) for name in recorded} == recorded
    # What the recorded PBX had no module for is as 15 has it.
    assert set(found) - set(recorded) <= {
        "queues_config", "queues_details", "meetme", "ivr_details", "ivr_entries", "miscapps", "custom_extensions",
    }  # fmt: skip


_NO_TABLES: dict[str, list[dict[str, Any]]] = {name: [] for name in READ}


def _added(action: str) -> dict[str, list[dict[str, Any]]]:
    """The rows that an action added."""
    return {name: facts.rows(rows) for name, rows in facts.load("freepbx_actions")[action]["added"].items()}


@pytest.mark.parametrize(("scenario", "version"), [("b0_trunk_pjsip_add_outbound", "15.0.22.38"),
                                                   ("b6_trunk_pjsip_add_both", "15.0.22.38"),
                                                   ("core17_b6_trunk_pjsip_add_both", "17.0.18.4")])  # fmt: skip
def test_a_pjsip_trunks_sections_are_the_recorded_ones(scenario: str, version: str) -> None:
    modules = [{"modulename": "core", "version": version}, {"modulename": "soundlang", "version": "1"}]
    made = freepbx_pjsip.pjsip_files({**_NO_TABLES, "modules": modules, **_added(scenario)})
    recorded = facts.load("freepbx_sections")[scenario]
    assert {name: _listed(content) for name, content in made.items() if content} == recorded


def test_a_chan_sip_trunks_section_is_the_recorded_one() -> None:
    rows = _added("a0_trunk_sip_add")
    sip = [{**row, "flags": int(row["flags"])} for row in rows["sip"]]
    made = sip_conf({**_NO_TABLES, **rows, "sip": sip})
    assert {"sip_additional.conf": _listed(made)} == facts.load("freepbx_sections")["a0_trunk_sip_add"]


def _listed(content: str) -> list[Any]:
    """The sections in the form of JSON."""
    return [list(section) for section in stanzas(content)]


def _reload(bench: Bench, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    bench.pbx.ask_for_reload()
    command = [str(bench.pbx.module_admin), "reload", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env={"PATH": "/bin", **environment})


def test_success_says_so_in_words_or_in_json(freepbx: Bench) -> None:
    done = _reload(freepbx, SHELL="/bin/sh")
    assert (done.returncode, done.stdout) == (0, "Reload Started\nReload Complete\n")
    done = _reload(freepbx)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"message": "Reload Started"}, {"message": "Reload Complete"},
    ]  # fmt: skip
    assert freepbx.pbx.need_reload() == "false"


def test_asterisk_down_is_1_and_leaves_a_notification_until_it_works(freepbx: Bench) -> None:
    down = freepbx.folder / "down"
    down.mkdir()
    write_amportal(down / "amportal.conf", {**read_amportal(freepbx.pbx.amportal), "ASTMANAGERPORT": "1"})
    (down / "freepbx.conf").write_text(freepbx.pbx.amportal.with_name("freepbx.conf").read_text())
    conf = {"AMPORTAL_CONF": str(down / "amportal.conf")}
    assert _reload(freepbx, SHELL="/bin/sh", **conf).returncode == 1
    assert _reload(freepbx, "--json", **conf).returncode == 255
    assert freepbx.pbx.need_reload() == "true"
    assert [row["id"] for row in freepbx.sql("SELECT id FROM notifications")] == ["RCONFFAIL"]
    assert _reload(freepbx).returncode == 0
    assert freepbx.sql("SELECT id FROM notifications") == []


def test_a_configuration_that_cannot_be_read_is_255(freepbx: Bench, tmp_path: Path) -> None:
    done = _reload(freepbx, AMPORTAL_CONF=str(tmp_path / "none" / "amportal.conf"))
    assert done.returncode == 255 and freepbx.pbx.need_reload() == "true"


def test_settings_without_a_trunk_are_written_all_the_same(freepbx: Bench) -> None:
    freepbx.done("apply", "--yes")
    rows = {"trunk_name": "stray", "sip_server": "127.0.0.9", "authentication": "off", "transport": "0.0.0.0-udp",
            "sendrpid": "no", "trust_rpid": "no", "direct_media": "no", "dtmfmode": "auto", "user_eq_phone": "no",
            "t38_udptl": "no", "t38_udptl_ec": "none", "t38_udptl_nat": "no", "fax_detect": "no"}  # fmt: skip
    for keyword, data in rows.items():
        freepbx.sql("INSERT INTO pjsip VALUES ('7', :keyword, :data, 0)", keyword=keyword, data=data)
    freepbx.settle()
    assert "[stray]" in (freepbx.etc_dir / "pjsip.endpoint.conf").read_text()
