"""Whatever is wrong with the plugin, OML comes up and its pages are as without it; its log says what is wrong.

Each time real processes with the autoload line in place: OML's start-up commands, its web server, people logged in.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.oml import oml_python
from tests.oml.oml_python import on_every_python
from tests.oml.omlhost import OmlHost

pytest_plugins = ["tests.oml.activation_fixtures"]
PAGE = "/pbx_link/"
OMLS_OWN = ("/", "/lista_troncal_sip/1/", "/lista_rutas_salientes/", "/agent/list/")
Seen = dict[str, tuple[int, str]]
Break = Callable[[OmlHost], None]


def seen(host: OmlHost) -> Seen:
    """OML's own pages as the administrator and an agent see them."""
    with host.web() as web:
        admin, agent = web.login("admin"), web.login("anaagent")
        pages = {path: admin.get(path) for path in OMLS_OWN}
        return {**pages, "agent": agent.get("/"), PAGE: admin.get(PAGE), "agent's page": agent.get(PAGE)}


@pytest.fixture(scope="session")
def bare() -> dict[str, Seen]:
    """What is seen of a host on which nothing of ours ever was, by the version of its Python: looked at once."""
    return {}


@pytest.fixture
def without(make_host: Callable[[], OmlHost], oml_version: str, bare: dict[str, Seen]) -> tuple[OmlHost, Seen]:
    """Such a host, and what is seen of it."""
    host = make_host()
    if oml_version not in bare:
        bare[oml_version] = seen(host)
    before = bare[oml_version]
    assert [before[path][0] for path in OMLS_OWN] == [200] * 4 and before[PAGE][0] == 404
    return host, before


def hooked(host: OmlHost, wheels: Path) -> OmlHost:
    """The host with the plugin installed and its autoload line in place; the database knows nothing of it."""
    oml_python.install(host.python, wheels)
    done = host.link("activate", "--hook-only")
    assert done.returncode == 0, done.stderr
    return host


def starts(host: OmlHost, migrates: bool = True) -> str:
    """Runs what OML runs at its start; what was logged."""
    commands = [("check",), ("collectstatic", "--noinput", "--dry-run"), ("actualizar_permisos",)]
    if migrates:
        commands.append(("migrate", "--noinput"))
    return "".join(host.manage(*command).stderr for command in commands)


def log_of(host: OmlHost) -> str:
    return (host.folder / "web.log").read_text(encoding="utf-8")


def module(name: str, text: str) -> Break:
    return lambda host: host.break_module(f"oml_plugin/{name}", text)


def gone(name: str) -> Break:
    return lambda host: shutil.rmtree(host.site / name)


SYNTAX = "def broken(:\n"
IMPORT = "import no_such_module\n"
RAISES = "raise RuntimeError('broken on purpose')\n"
LOUD = {
    "page": (module("web/views.py", IMPORT), "its pages cannot be loaded"),
    "urls": (module("urls.py", SYNTAX), "its pages cannot be loaded"),
    "config": (module("apps.py", RAISES), "its app configuration cannot be loaded"),
    "models": (module("models.py", IMPORT), "its models or migrations cannot be loaded"),
    "migration": (module("migrations/0003_savedlink.py", SYNTAX), "its models or migrations cannot be loaded"),
    "new_migration": (module("migrations/0099_new.py", "x = 1\n"), "its models or migrations cannot be loaded"),
    "template_tags": (module("templatetags/pbx_link_tags.py", RAISES), "it is not ready"),
    "translations": (module("locale/es/LC_MESSAGES/django.mo", "not a catalogue"), "could not be added"),
    "wall": (module("activation/safe_app.py", SYNTAX), "could not be added"),
    "wall_urls": (module("activation/urls.py", SYNTAX), "could not be added"),
    "wall_contents": (module("activation/page_loading.py", SYNTAX), "could not be added"),
    "configobj": (gone("configobj"), "the module configobj is missing"),
    "pbxlink": (gone("pbxlink"), "the module pbxlink is missing"),
    "inner_dependency": (
        module("../pbxlink/link/link_file.py", "import no_such_library\n"),
        "its pages cannot be loaded",
    ),
}
QUIET = {
    "hook": module("activation/hook.py", SYNTAX),
    "package": module("__init__.py", RAISES),
    "removed": gone("oml_plugin"),
}
ON_BOTH = {"page", "configobj"}


def versions(name: str) -> tuple[str, ...]:
    return oml_python.VERSIONS if name in ON_BOTH else (oml_python.usual(),)


@pytest.mark.failure_points
@pytest.mark.parametrize(
    ("oml_version", "name"),
    [(version, name) for name in LOUD for version in versions(name)],
    indirect=["oml_version"],
)
def test_a_broken_plugin_is_left_out_and_logged(without: tuple[OmlHost, Seen], wheels: Path, name: str) -> None:
    host, before = without
    spoil, logged = LOUD[name]
    permissions = host.permissions()
    spoil(hooked(host, wheels))
    said = starts(host)
    assert f"oml_plugin: {logged}" in said
    assert seen(host) == before
    assert log_of(host).count(f"oml_plugin: {logged}") == 1
    assert host.permissions() == permissions
    made = host.query("SELECT tablename FROM pg_tables WHERE tablename LIKE 'oml\\_plugin%'")
    assert bool(made) == (name in MIGRATES)


MIGRATES = {"page", "urls", "inner_dependency"}
"""Models and migrations are sound, so OML's own `migrate` makes the tables."""


@pytest.mark.parametrize("name", QUIET)
def test_a_plugin_that_is_gone_says_nothing(without: tuple[OmlHost, Seen], wheels: Path, name: str) -> None:
    host, before = without
    QUIET[name](hooked(host, wheels))
    bare = host.run("-c", "print('started')")
    assert (bare.returncode, bare.stdout, bare.stderr) == (0, "started\n", "")
    starts(host)
    assert seen(host) == before


def renamed(project: Path) -> None:
    """A release that calls its synchroniser otherwise."""
    old = "SincronizadorDeConfiguracionTroncalSipEnAsterisk"
    for path in project.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if old in text:
            path.write_text(text.replace(old, "SincronizadorNuevo"), encoding="utf-8")


def without_lists(project: Path) -> None:
    """A release that names its add-ons otherwise."""
    for path in (project / "ominicontacto").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("ADDON_URLPATTERNS", "ADDON_ROUTES"), encoding="utf-8")


def without_models(project: Path) -> None:
    """A release that moved the synchronisers."""
    folder = project / "configuracion_telefonia_app"
    (folder / "regeneracion_configuracion_telefonia.py").rename(folder / "regeneracion.py")
    for path in project.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        old, new = "app.regeneracion_configuracion_telefonia", "app.regeneracion"
        path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "missing", "oml_version"),
    [
        (renamed, "SincronizadorDeConfiguracionTroncalSipEnAsterisk", "3.9"),
        (renamed, "SincronizadorDeConfiguracionTroncalSipEnAsterisk", "3.11"),
        (without_lists, "its add-on settings have no list ADDON_URLPATTERNS", oml_python.usual()),
        (without_models, "configuracion_telefonia_app.regeneracion_configuracion_telefonia", oml_python.usual()),
    ],
    indirect=["oml_version"],
)
def test_an_oml_it_was_not_made_for(
    without: tuple[OmlHost, Seen], wheels: Path, change: Callable[[Path], None], missing: str
) -> None:
    host, before = without
    change(hooked(host, wheels).project)
    said = starts(host)
    assert "oml_plugin: this OML is not known: " in said and missing in said
    assert seen(host) == before
    activated = host.link("activate")
    assert activated.returncode == 1 and missing in activated.stderr


@on_every_python
def test_before_its_migrations_nothing_of_it_is_shown(without: tuple[OmlHost, Seen], wheels: Path) -> None:
    host, before = without
    hooked(host, wheels)
    starts(host, migrates=False)  # OML's web server does not migrate when it starts
    now = seen(host)
    assert {path: now[path] for path in (*OMLS_OWN, "agent")} == {path: before[path] for path in (*OMLS_OWN, "agent")}
    assert (now[PAGE][0], now["agent's page"][0]) == (503, 403)
    assert "oml-pbx-link activate" in now[PAGE][1]
    assert "not in OML's database: 0001_initial" in log_of(host)


def test_before_its_permissions_no_page_is_open(without: tuple[OmlHost, Seen], wheels: Path) -> None:
    """Without its row in the database a permission restricts nobody, agents included."""
    host, before = without
    hooked(host, wheels).manage("migrate", "--noinput")
    now = seen(host)
    assert (now[PAGE][0], now["agent's page"][0]) == (503, 503)
    assert now["/"] == before["/"]
    host.manage("actualizar_permisos")
    now = seen(host)
    assert (now[PAGE][0], now["agent's page"][0]) == (200, 403)


CHANGED = """
_Real = OmlPluginConfig

class OmlPluginConfig(_Real):
"""
ASKS = """
    def supervision_menu_items(self, request, permissions):
        from oml_plugin.models import SavedLink
        return [{"order": SavedLink.objects.extra(where=["no_such_column"]).count(), "label": "broken"}]
"""
UNSORTED = """
    def supervision_menu_items(self, request, permissions):
        return [{"label": "broken"}]
"""
UNEVEN = """
    def configuraciones_de_permisos(self):
        without = [each for each in super().configuraciones_de_permisos() if each["nombre"] != "pbx_link_job"]
        return [*without, {"nombre": "pbx_link_nowhere", "roles": ["Agente", "Nobody"]}]
    informacion_de_permisos = {**_Real.informacion_de_permisos, "pbx_link_nowhere": {"descripcion": "x"}}
"""


@pytest.mark.parametrize(
    ("text", "logged"), [(ASKS, "the menu must not ask the database"), (UNSORTED, "a menu item without an order")]
)
def test_a_broken_menu_spoils_nobodys_page(without: tuple[OmlHost, Seen], wheels: Path, text: str, logged: str) -> None:
    host, before = without
    apps = hooked(host, wheels).site / "oml_plugin/apps.py"
    apps.write_text(apps.read_text(encoding="utf-8") + CHANGED + text, encoding="utf-8")
    host.activate()
    now = seen(host)
    assert {path: now[path] for path in (*OMLS_OWN, "agent")} == {path: before[path] for path in (*OMLS_OWN, "agent")}
    assert now[PAGE][0] == 200 and logged in log_of(host)


def test_a_page_without_permission_and_a_permission_without_page_stay_out(omlhost: OmlHost) -> None:
    apps = omlhost.site / "oml_plugin/apps.py"
    apps.write_text(apps.read_text(encoding="utf-8") + CHANGED + UNEVEN, encoding="utf-8")
    omlhost.activate()
    names = {name for name, _ in omlhost.permissions()}
    assert "pbx_link_overview" in names and not {"pbx_link_nowhere", "pbx_link_job"} & names
    with omlhost.web() as web:
        assert web.login("admin").get("/pbx_link/job/0123456789abcdef/")[0] == 404
    log = log_of(omlhost)
    assert "left out, as there is no permission for it: pbx_link_job" in log
    assert "permissions left out, as there is no page for them: pbx_link_nowhere" in log
