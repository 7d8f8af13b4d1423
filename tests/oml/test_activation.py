"""`oml-pbx-link`: activate, status and deactivate on a stand-in OML with PostgreSQL, in processes of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tests.oml.oml_python import on_every_python
from tests.oml.omlhost import OmlHost

pytest_plugins = ["tests.oml.activation_fixtures"]
PAGE, TRUNKS = "/pbx_link/", "/lista_troncal_sip/1/"
COUNTED = """
import json, sys, django
django.setup()
from ominicontacto.settings import addons
json.dump([addons.ADDONS_APPS, addons.ADDON_URLPATTERNS, addons.__loader__.__class__.__name__,
    [type(each).__name__ for each in sys.meta_path]], sys.stdout)
"""
FAILING = """
_before = Command.handle
def _handle(self, *args, **options):
    if any(asked["nombre"] == "pbx_link_overview" for _app, asked in configuraciones_de_permisos()):
        raise CommandError("this OML does not want it")
    _before(self, *args, **options)
Command.handle = _handle
"""
TRUNK = (
    "INSERT INTO oml_plugin_ownedresource (link, kind, name, image) VALUES ('a', 'trunk', 'issabel', '{}') RETURNING 1"
)


def codes(host: OmlHost, *arguments: str) -> tuple[int, dict[str, str]]:
    """Exit code, and the findings' codes with their severities."""
    done = host.link(*arguments, "--json")
    found = json.loads(done.stdout)["findings"]
    return done.returncode, {each["code"].partition(".")[2]: each["severity"] for each in found}


def difference(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, object]:
    return {key: (before.get(key), after.get(key)) for key in {*before, *after} if before.get(key) != after.get(key)}


@on_every_python
def test_a_whole_life_leaves_nothing(omlhost: OmlHost) -> None:
    rows, files = omlhost.contents(), omlhost.files()
    assert codes(omlhost, "status")[0] == 2
    omlhost.activate()
    assert len([name for name, _ in omlhost.permissions() if name.startswith("pbx_link_")]) > 10
    with omlhost.web() as web:
        admin = web.login("admin")
        assert (admin.get(PAGE)[0], f'href="{PAGE}"' in admin.get("/")[1]) == (200, True)
        assert [web.login("anaagent").get(path)[0] for path in ("/", PAGE)] == [200, 403]
    code, active = codes(omlhost, "status", "--web", web.url)
    assert code == 2 and {name for name, how in active.items() if how == "warning"} == {"web_silent"}
    done = omlhost.link("deactivate", "--purge")
    assert done.returncode == 0, done.stdout + done.stderr
    omlhost.query("DELETE FROM django_session RETURNING 1")
    rows["rows of django_session"] = []
    changed = difference(rows, omlhost.contents())
    assert set(changed) <= {"rows of ominicontacto_app_user"}  # when they logged in last
    assert difference(files, omlhost.files()) == {}


def test_activating_and_deactivating_alone_leave_not_a_cell(omlhost: OmlHost) -> None:
    rows, files = omlhost.contents(), omlhost.files()
    omlhost.activate()
    assert set(difference(rows, omlhost.contents())) > {"columns", "rows of auth_permission"}
    assert set(difference(files, omlhost.files())) > {
        str(omlhost.site.relative_to(omlhost.folder) / "issabel_omnileads.pth")
    }
    assert omlhost.link("deactivate", "--purge").returncode == 0
    assert difference(rows, omlhost.contents()) == {}
    assert difference(files, omlhost.files()) == {}


def test_without_purge_only_the_tables_stay_and_are_used_again(omlhost: OmlHost) -> None:
    before = omlhost.permissions()
    omlhost.activate()
    omlhost.query("INSERT INTO oml_plugin_savedlink (name, code, changed) VALUES ('a', 'x', now()) RETURNING 1")
    assert codes(omlhost, "deactivate") == (0, {"tables_kept": "info"})
    assert omlhost.permissions() == before
    assert codes(omlhost, "status")[1]["migrated"] == "info"
    omlhost.activate()
    assert omlhost.query("SELECT name FROM oml_plugin_savedlink") == [("a",)]


def test_activating_again_changes_nothing(omlhost: OmlHost) -> None:
    done = omlhost.link("activate", "--lang", "pt")
    assert done.returncode == 0 and "Ativado" in done.stdout.splitlines() and len(done.stderr.splitlines()) >= 6
    rows, files = omlhost.contents(), omlhost.files()
    omlhost.activate()
    assert (difference(rows, omlhost.contents()), difference(files, omlhost.files())) == ({}, {})
    assert codes(omlhost, "activate", "--dry-run") == (0, {})
    code, active = codes(omlhost, "status")
    assert code == 0 and set(active.values()) == {"info"}
    assert {"autoload", "app", "migrated", "permitted", "page"} <= set(active)


def test_a_dry_run_says_what_it_would_do_and_does_nothing(omlhost: OmlHost) -> None:
    rows, files = omlhost.contents(), omlhost.files()
    code, planned = codes(omlhost, "activate", "--dry-run")
    assert code == 2 and {"plan_autoload", "plan_migrate", "plan_permissions"} <= set(planned)
    assert (difference(rows, omlhost.contents()), difference(files, omlhost.files())) == ({}, {})


def test_it_speaks_three_languages(omlhost: OmlHost) -> None:
    said = {"es": "tablas: sin aplicar", "en": "tables: not applied", "pt": "tabelas: não aplicadas"}
    for language, words in said.items():
        assert words in omlhost.link("status", "--lang", language).stdout


def test_what_fails_after_the_tables_were_made_is_undone(omlhost: OmlHost) -> None:
    command = omlhost.project / "ominicontacto_app/management/commands/actualizar_permisos.py"
    command.write_text(command.read_text(encoding="utf-8") + FAILING, encoding="utf-8")
    rows, files = omlhost.contents(), omlhost.files()
    done = omlhost.link("activate")
    assert done.returncode == 1
    assert "this OML does not want it" in done.stderr and "Everything was put back" in done.stderr
    assert (difference(rows, omlhost.contents()), difference(files, omlhost.files())) == ({}, {})


def test_a_plugin_that_stays_out_is_not_activated(omlhost: OmlHost) -> None:
    omlhost.break_module("oml_plugin/web/views.py", "import no_such_module")
    rows, files = omlhost.contents(), omlhost.files()
    assert codes(omlhost, "activate") == (1, {"left_out": "error", "undone": "info"})
    assert (difference(rows, omlhost.contents()), difference(files, omlhost.files())) == ({}, {})


def test_an_oml_that_does_not_start_is_left_alone(omlhost: OmlHost) -> None:
    omlhost.more["PGPORT"] = "1"
    files = omlhost.files()
    assert codes(omlhost, "activate") == (1, {"inside": "error"})
    assert difference(files, omlhost.files()) == {}
    assert codes(omlhost, "activate", "--project", "/nowhere") == (1, {"no_oml": "error"})


def test_what_links_made_keeps_it_from_being_deactivated(omlhost: OmlHost) -> None:
    omlhost.activate()
    omlhost.query(TRUNK)
    rows = omlhost.contents()
    assert codes(omlhost, "deactivate", "--purge") == (1, {"owned": "error"})
    assert difference(rows, omlhost.contents()) == {}
    assert codes(omlhost, "status")[0] == 0
    assert codes(omlhost, "deactivate", "--force")[0] == 0
    assert omlhost.query("SELECT name FROM oml_plugin_ownedresource") == [("issabel",)]


def test_somebody_elses_file_is_not_overwritten(omlhost: OmlHost) -> None:
    theirs = omlhost.site / "issabel_omnileads.pth"
    theirs.write_text("# mine\n", encoding="utf-8")
    assert codes(omlhost, "activate") == (1, {"foreign": "error", "undone": "info"})
    assert theirs.read_text(encoding="utf-8") == "# mine\n"


def test_the_hook_is_gone_once_it_did_its_work(omlhost: OmlHost) -> None:
    omlhost.activate()
    done = omlhost.run("-c", COUNTED)
    apps, urls, loader, finders = json.loads(done.stdout)
    assert (apps, urls) == (["oml_plugin.activation.safe_app.SafeConfig"], [["^", "oml_plugin.activation.urls"]])
    assert loader == "SourceFileLoader" and "_Finder" not in finders


def test_a_running_web_server_from_before_is_told(omlhost: OmlHost) -> None:
    with omlhost.web() as web:
        omlhost.activate()
        code, active = codes(omlhost, "status", "--web", web.url)
    assert code == 2 and [name for name, how in active.items() if how == "warning"] == ["web_without"]
    with omlhost.web() as web:
        assert codes(omlhost, "status", "--web", web.url)[0] == 0
