"""The stand-in's pages, permissions and the way in for an add-on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import facts
from tests.standins.oml.testing import Standin

LOGGED_IN = """
from django.test import Client
client = Client()
assert client.login(username=USER, password='admin')
pages = [client.get(page) for page in PAGES]
answer = [[page.status_code, page.content.decode()] for page in pages]
"""
TRUNKS, ROUTES, INBOUND = "/lista_troncal_sip/1/", "/lista_rutas_salientes/", "/lista_rutas_entrantes/"


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Standin:
    standin = Standin.without_servers(tmp_path_factory.mktemp("web"))
    standin.manage("migrate", "-v0")
    standin.manage("standin_seed", "--agent", "Ana Agent", "--did", "098098=fromissabel")
    standin.python("""
from configuracion_telefonia_app.models import RutaSaliente, TroncalSIP
trunk = TroncalSIP.objects.create(nombre='issabel', text_config='type=wizard')
route = RutaSaliente.objects.create(nombre='all')
route.patrones_de_discado.create(prepend='0', prefix='9', match_pattern='1XXX', orden=1)
route.secuencia_troncales.create(troncal=trunk, orden=1)
""")
    return standin


def pages(standin: Standin, user: str, *urls: str) -> list[tuple[int, str]]:
    return [tuple(page) for page in standin.python(f"USER, PAGES = {user!r}, {urls!r}\n{LOGGED_IN}")]


def test_the_administrator_sees_the_lists(standin: Standin) -> None:
    trunks, routes, inbound, agents = pages(standin, "admin", TRUNKS, ROUTES, INBOUND, "/agent/list/")
    assert [page[0] for page in (trunks, routes, inbound, agents)] == [200] * 4
    assert "<td>issabel</td>" in trunks[1]
    assert "<td>0+9|1XXX</td>" in routes[1]
    assert "<td>098098</td>" in inbound[1]
    assert "<td>1002</td>" in agents[1]


def test_the_menu_has_what_the_role_may_open(standin: Standin) -> None:
    [(_, page)] = pages(standin, "admin", "/")
    assert all(f'href="{url}"' in page for url in (TRUNKS, ROUTES, INBOUND))
    [(_, page)] = pages(standin, "anaagent", "/")
    assert TRUNKS not in page


def test_an_agent_is_refused_by_the_url_s_permission_and_let_into_one_without(standin: Standin) -> None:
    assert [status for status, _ in pages(standin, "anaagent", TRUNKS, "/agent/list/", "/")] == [403, 403, 200]


def test_who_is_not_logged_in_is_sent_to_the_login(standin: Standin) -> None:
    code = f"""
from django.test import Client
page = Client().get({TRUNKS!r})
answer = [page.status_code, page['Location'], Client().get('/accounts/login/').status_code]
"""
    assert standin.python(code) == [302, f"/accounts/login/?next={TRUNKS}", 200]


def test_roles_have_the_recorded_permissions(standin: Standin) -> None:
    code = """
from ominicontacto_app.permisos import PermisoOML
answer = {p.codename: sorted(p.group_set.values_list('name', flat=True)) for p in PermisoOML.objects.all()}
"""
    have = standin.python(code)
    theirs = facts.load("omnileads_answers")["roles"]
    shared = sorted(set(have) & set(theirs))
    assert len(shared) == 3
    assert {name: have[name] for name in shared} == {name: theirs[name] for name in shared}


ADDON = """
from django.apps import AppConfig

class AddonConfig(AppConfig):
    name = "my_addon"
    informacion_de_permisos = {DESCRIBED}

    def configuraciones_de_permisos(self):
        return [{"nombre": "my_page", "roles": ["Administrador"]}]

    def supervision_menu_items(self, request, permissions):
        return [{"order": 1, "label": "My add-on", "icon": "i", "id": "m", "url": "/mine/"}]
"""
ADDON_URLS = """
from django.http import HttpResponse
from django.urls import path
urlpatterns = [path("mine/", lambda request: HttpResponse("mine"), name="my_page")]
"""
HOOK = """
import importlib.abc, importlib.machinery, sys

class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "ominicontacto.settings.addons":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        run = spec.loader.exec_module
        def exec_module(module):
            run(module)
            module.ADDONS_APPS.append("my_addon")
            module.ADDON_URLPATTERNS.append(("^", "my_addon.urls"))
        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Finder())
"""


def addon(folder: Path, described: str) -> None:
    package = folder / "my_addon"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "apps.py").write_text(ADDON.replace("{DESCRIBED}", described), encoding="utf-8")
    (package / "urls.py").write_text(ADDON_URLS, encoding="utf-8")
    (folder / "sitecustomize.py").write_text(HOOK, encoding="utf-8")


def with_addon(folder: Path, described: str) -> Standin:
    addon(folder, described)
    standin = Standin.without_servers(folder)
    standin.manage("migrate", "-v0")
    standin.environment["PYTHONPATH"] = f"{Path(__file__).parents[1] / 'standins' / 'oml'}:{folder}"
    return standin


def test_an_add_on_comes_in_by_a_hook_on_the_settings(tmp_path: Path) -> None:
    standin = with_addon(tmp_path, "{'my_page': {'descripcion': 'x', 'version': '1'}}")
    standin.manage("standin_seed", "--agent", "Ana Agent")
    [index, mine] = pages(standin, "admin", "/", "/mine/")
    assert mine == (200, "mine") and "My add-on" in index[1]
    assert pages(standin, "anaagent", "/mine/")[0][0] == 403


def test_a_permission_without_description_fails_the_start(tmp_path: Path) -> None:
    done = with_addon(tmp_path, "{}").manage("actualizar_permisos", check=False)
    assert done.returncode == 1 and "my_page" in done.stderr
