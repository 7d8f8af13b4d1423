"""The page's table: made and taken away again, and an OML that has not got it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oml.desk import Desk
from tests.oml.pageserver import seed, serving
from tests.stack.fixtures import temporary_postgres
from tests.stack.native import Servers
from tests.standins.oml.testing import Standin

pytest_plugins = ["tests.oml.page_fixtures"]

TABLES = """
from django.db import connection
answer = sorted(name for name in connection.introspection.table_names() if name.startswith("oml_plugin_"))
"""
OF_0002 = ["oml_plugin_directorytoken", "oml_plugin_ownedresource", "oml_plugin_requestcount"]
ALL = sorted(
    [*OF_0002, "oml_plugin_dialplanpart", "oml_plugin_directoryreport", "oml_plugin_pairing", "oml_plugin_savedlink"]
)
SAVE = """
from django.utils import timezone
from oml_plugin.models import SavedLink
SavedLink.objects.create(name="test", code="x", changed=timezone.now(), verified=[{"state": "authenticated"}])
answer = SavedLink.objects.get().verified
"""


def _forth_and_back(standin: Standin) -> None:
    standin.manage("migrate", "-v0", "oml_plugin", "0002")
    assert standin.python(TABLES) == OF_0002
    standin.manage("migrate", "-v0", "oml_plugin")
    assert standin.python(TABLES) == ALL
    assert standin.python(SAVE) == [{"state": "authenticated"}]
    standin.manage("migrate", "-v0", "oml_plugin", "0002")
    standin.manage("migrate", "-v0", "oml_plugin", "zero")
    assert standin.python(TABLES) == []
    standin.manage("migrate", "-v0", "oml_plugin")
    assert standin.python(TABLES) == ALL
    assert standin.manage("makemigrations", "--check", "--dry-run", "oml_plugin").returncode == 0


def test_migrations_go_forth_and_back_on_sqlite(tmp_path: Path) -> None:
    standin = Standin.without_servers(tmp_path).with_plugin()
    standin.manage("migrate", "-v0")
    _forth_and_back(standin)


def test_migrations_go_forth_and_back_on_postgresql(servers: Servers) -> None:
    with temporary_postgres(servers) as database:
        standin = Standin.on(database, servers.redis_url).with_plugin()
        standin.manage("migrate", "-v0")
        _forth_and_back(standin)


@pytest.mark.parametrize("target", ["zero", "0001", "0002"])
def test_without_our_tables_omls_pages_are_as_ever_and_ours_says_what_to_run(tmp_path: Path, target: str) -> None:
    standin = Standin.without_servers(tmp_path).with_plugin()
    standin.manage("migrate", "-v0")
    seed(standin)
    standin.manage("migrate", "-v0", "oml_plugin", target)
    with serving(standin, tmp_path) as site:
        admin = site.visitor("admin")
        for path in ("/", "/lista_troncal_sip/1/", "/agent/list/"):
            answer = admin.get(path)
            assert answer.status == 200 and 'href="/pbx_link/"' in answer.text
        assert admin.get("/pbx_link/").page == "links"
        for path in ("/pbx_link/link/test/", "/pbx_link/link/test/plan/", "/pbx_link/link/test/edit/"):
            assert (admin.get(path).status, admin.get(path).page) == (200, "findings")
        assert admin.post("/pbx_link/link/test/revoke/", {}).status == 200


def test_a_link_cannot_be_saved_where_the_table_is_missing(desk: Desk) -> None:
    code = desk.code()
    desk.oml.standin.manage("migrate", "-v0", "oml_plugin", "0002")
    refused = desk.admin.post("/pbx_link/new/", {"enter": "code", "code": code})
    assert refused.findings == [("error", "oml.not_migrated")]
    assert "manage.py migrate oml_plugin" in refused.text
