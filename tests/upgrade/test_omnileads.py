"""An OML on which 0.1.0 applied a link, and one on which it was interrupted."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pbxlink.link import link_file
from tests.oml.plugin import TABLES, PluginOml

DATA = Path(__file__).parent / "data" / "omnileads"
_OURS = """
from oml_plugin.storage import saved_links
found = saved_links.read("test")
answer = [found.link.name, found.link.pbx.address, found.verified, found.verified_at is not None]
"""


def rows() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = json.loads((DATA / "rows.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def left(oml: PluginOml) -> PluginOml:
    """OML as 0.1.0 left it; what is the plugin's own in it (tables, migrations, content types) is 0.1.0's too."""
    with sqlite3.connect(oml.folder / "oml.sqlite") as database:
        ours = "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'oml\\_plugin\\_%' ESCAPE '\\'"
        for (name,) in database.execute(ours).fetchall():
            database.execute(f"DROP TABLE {name}")
        database.execute("DELETE FROM django_migrations WHERE app = 'oml_plugin'")
        types = "(SELECT id FROM django_content_type WHERE app_label = 'oml_plugin')"
        database.execute(f"DELETE FROM auth_permission WHERE content_type_id IN {types}")
        database.execute("DELETE FROM django_content_type WHERE app_label = 'oml_plugin'")
        database.executescript((DATA / "schema.sql").read_text(encoding="utf-8"))
        for table, found in rows().items():
            for row in found:
                columns, blanks = ", ".join(row), ", ".join("?" for _ in row)
                database.execute(f"INSERT INTO {table} ({columns}) VALUES ({blanks})", list(row.values()))
    database.close()
    shutil.copy(DATA / "link.conf", oml.folder / "link.conf")
    (oml.folder / "link.conf").chmod(0o600)
    oml.asterisk.sip_port = link_file.read(oml.folder / "link.conf").omnileads.sip_port
    return oml


def test_an_applied_link_is_known_again_and_can_be_removed(left: PluginOml) -> None:
    left.standin.manage("migrate", "-v0")
    assert left.standin.manage("makemigrations", "--check", "--dry-run", "oml_plugin", check=False).returncode == 0
    verified = rows()["oml_plugin_savedlink"][0]["verified"]
    assert left.python(_OURS) == ["test", "192.0.2.10", json.loads(verified), True]
    plan = left.document("plan")
    assert plan["changes"] == [], plan["findings"]
    assert not [each for each in plan["findings"] if each["severity"] == "error"]
    assert not [each for each in plan["findings"] if "drift" in each["code"]]
    assert left.document("status")["owned"] == ["route/all", "trunk/issabel"]
    done = left.run("remove", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert left.state()["rows"] == {table: [] for table in TABLES}


def test_an_interrupted_run_is_undone(left: PluginOml) -> None:
    left.standin.manage("migrate", "-v0")
    left.python("from oml_plugin.models import OwnedResource; OwnedResource.objects.all().delete()")
    folder = left.folder / "state" / "journal"
    folder.mkdir(parents=True, mode=0o700)
    shutil.copy(DATA / "omnileads-test.journal", folder)
    assert left.document("recover")["recovered"] == 1
    assert list(left.journals) == []
    assert left.state()["rows"] == {table: [] for table in TABLES}


def test_a_token_of_then_is_a_token_now(left: PluginOml) -> None:
    left.standin.manage("migrate", "-v0")
    assert left.python("from oml_plugin.api import tokens; answer = tokens.describe('test')['last_used']") is None
