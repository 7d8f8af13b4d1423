"""Who may do what on the page, and what nobody gets to see."""

from __future__ import annotations

import html
import json
import re

import pytest

from oml_plugin.permissions import PERMISSIONS
from tests.oml.desk import Desk
from tests.oml.pageserver import Answer, Visitor
from tests.oml.plugin import SECRET

pytest_plugins = ["tests.oml.page_fixtures"]

LINK = "/pbx_link/link/test/"
PAGES = {
    "pbx_link_overview": (LINK, "GET"),
    "pbx_link_plan": (f"{LINK}plan/", "GET"),
    "pbx_link_edit": ("/pbx_link/new/", "GET"),
    "pbx_link_apply": (f"{LINK}apply/", "POST"),
    "pbx_link_adopt": (f"{LINK}adopt/", "POST"),
    "pbx_link_verify": (f"{LINK}verify/", "POST"),
    "pbx_link_diagnose": (f"{LINK}diagnose/", "POST"),
    "pbx_link_recover": (f"{LINK}recover/", "POST"),
    "pbx_link_remove": (f"{LINK}remove/", "POST"),
    "pbx_link_show_code": (f"{LINK}code/", "POST"),
    "pbx_link_pbx_code": (f"{LINK}pbx-code/", "POST"),
    "pbx_link_revoke": (f"{LINK}revoke/", "POST"),
    "pbx_link_directory": ("/pbx_link/api/directory/", "GET"),
    "pbx_link_diagnosis": ("/pbx_link/api/diagnose/", "POST"),
    "pbx_link_pair": ("/pbx_link/api/pair/state/", "POST"),
    "pbx_link_invite": ("/pbx_link/invite/", "GET"),
    "pbx_link_job": ("/pbx_link/job/" + "0" * 32 + "/", "GET"),
}
BY_TOKEN = ("pbx_link_directory", "pbx_link_diagnosis", "pbx_link_pair")
"""For PBXs: no user of OML is looked at."""
LOOKS = {"pbx_link_overview", "pbx_link_plan", "pbx_link_job"}
HOSTILE = "\"><script>window.hacked=1</script><img src=x onerror=alert(1)>'&"


def asked(visitor: Visitor, name: str, token: bool = True) -> Answer:
    path, method = PAGES[name]
    return visitor.get(path) if method == "GET" else visitor.post(path, {"mark": "x"}, token=token, follow=False)


def started(desk: Desk) -> list[str]:
    """What jobs were started that change something; a plan is worked out by a job too."""
    found = [json.loads(path.read_text())["action"] for path in desk.site.state.glob("jobs/*.json")]
    return [action for action in found if action != "plan"]


def test_every_url_has_its_permission_and_every_permission_its_url(desk: Desk) -> None:
    names = desk.oml.python("from oml_plugin.urls import urlpatterns as u; answer = sorted({each.name for each in u})")
    assert names == sorted(PERMISSIONS) == sorted(PAGES)
    assert all(name.startswith("pbx_link_") for name in names)
    given = desk.oml.python("""
from ominicontacto_app.permisos import PermisoOML as p
answer = {each.codename: sorted(each.group_set.values_list('name', flat=True)) for each in p.objects.all()}
""")
    assert {name: given[name] for name in names} == {name: sorted(roles) for name, (_, roles) in PERMISSIONS.items()}
    assert {name for name in names if "Gerente" in given[name]} == LOOKS
    assert not {"Supervisor", "Referente", "Agente"} & {role for name in names for role in given[name]}


def test_roles_get_what_is_theirs_and_403_otherwise(desk: Desk) -> None:
    desk.enter()
    before = desk.oml.state()
    for user in ("anaagent", "supervisora", "referente"):
        visitor = desk.site.visitor(user)
        assert {name: asked(visitor, name).status for name in PAGES} == dict.fromkeys(PAGES, 403)
    manager = desk.site.visitor("gerente")
    seen = {name: asked(manager, name) for name in PAGES}
    assert {name for name, answer in seen.items() if answer.status != 403} == LOOKS
    assert [seen[name].status for name in ("pbx_link_overview", "pbx_link_plan", "pbx_link_job")] == [200, 200, 404]
    for name in ("pbx_link_overview", "pbx_link_plan"):
        assert not [form for form in seen[name].forms if "pbx_link" in form]
        assert "/edit/" not in seen[name].text and "/remove/" not in seen[name].text
    assert manager.post(f"{LINK}plan/", {}).status == 405
    assert desk.oml.state() == before
    assert started(desk) == []


def test_who_is_not_logged_in_is_sent_to_the_login(desk: Desk) -> None:
    desk.enter()
    stranger = desk.site.visitor()
    stranger.get("/accounts/login/")
    for name, (path, _) in PAGES.items():
        answer = asked(stranger, name)
        if name in BY_TOKEN:  # by its token only
            assert answer.status == 401
        else:
            where = answer.path if answer.status == 200 else answer.headers["location"]
            assert where == f"/accounts/login/?next={path}", name


def test_where_the_permissions_are_not_in_the_table_nobody_is_let_in(desk: Desk) -> None:
    """OML's middleware lets everybody through then."""
    desk.enter()
    desk.oml.python("""
from ominicontacto_app.permisos import PermisoOML
PermisoOML.objects.filter(codename__startswith='pbx_link_').delete()
""")
    agent = desk.site.visitor("anaagent")
    restricted = [name for name in PAGES if name not in BY_TOKEN]
    assert {asked(agent, name).status for name in restricted} == {403}


def test_the_menu_is_for_those_who_may_look_and_asks_the_database_nothing(desk: Desk) -> None:
    menus = {user: 'href="/pbx_link/"' in desk.site.visitor(user).get("/").text
             for user in ("admin", "gerente", "supervisora", "anaagent")}  # fmt: skip
    assert menus == {"admin": True, "gerente": True, "supervisora": False, "anaagent": False}
    counted = desk.oml.python("""
from django.apps import apps
from django.db import connections
from django.test.utils import CaptureQueriesContext
config = apps.get_app_config("oml_plugin")
with CaptureQueriesContext(connections["default"]) as seen:
    items = config.supervision_menu_items(None, {"pbx_link_overview"})
    none = config.supervision_menu_items(None, set())
    asked = config.configuraciones_de_permisos()
answer = [len(seen), len(items), len(none), len(asked), len(config.informacion_de_permisos)]
""")
    assert counted == [0, 1, 0, len(PERMISSIONS), len(PERMISSIONS)]


def test_a_post_without_the_token_is_refused(desk: Desk) -> None:
    plan = desk.enter()
    before = desk.oml.state()
    for name, (_, method) in PAGES.items():
        if method == "POST" and name not in BY_TOKEN:  # those look at no cookie
            assert asked(desk.admin, name, token=False).status == 403, name
    fields = {"enter": "code", "code": desk.code(routes="")}
    assert desk.admin.post("/pbx_link/new/", fields, token=False).status == 403
    assert desk.admin.post(f"{LINK}apply/", {"mark": plan.hidden("mark")}, token=False).status == 403
    assert desk.oml.state() == before
    assert desk.plan().changes == plan.changes


def test_nothing_is_started_or_shown_by_get(desk: Desk) -> None:
    desk.enter()
    for name, (path, method) in PAGES.items():
        if method == "POST" and name != "pbx_link_remove":  # its GET shows what would go
            assert desk.admin.get(path).status == 405, name
    assert started(desk) == []


def test_the_secret_is_shown_once_on_request_and_nowhere_else(desk: Desk) -> None:
    pages = [desk.enter()]
    code = desk.code()
    pages += [desk.apply(pages[0]), desk.overview(), desk.plan(), desk.admin.get(f"{LINK}edit/")]
    pages += [desk.admin.get(f"{LINK}remove/"), desk.admin.job(desk.start("verify")), desk.admin.get("/pbx_link/")]
    shown = desk.start("code")
    assert SECRET in shown.text and code in shown.text
    assert "no-store" in shown.headers["cache-control"]
    pages += [desk.overview(), desk.admin.get("/")]
    for page in pages:
        assert page.status == 200 and SECRET not in page.text and code[:60] not in page.text, page.path
    kept = "".join(path.read_text() for path in (desk.site.state / "jobs").glob("*.*"))
    assert kept and SECRET not in kept and code[:60] not in kept
    assert not desk.site.sees(SECRET) and not desk.site.sees(code[:60])


def test_a_code_that_is_refused_is_not_shown_again(desk: Desk) -> None:
    code = desk.code()
    wrong = desk.admin.post("/pbx_link/new/", {"enter": "code", "code": code[:-3]})
    assert (wrong.page, desk.saved) == ("edit", [])
    assert code[:60] not in wrong.text and 'class="errorlist"' in wrong.text


def test_no_audit_log_that_follows_the_models_gets_the_secret(desk: Desk) -> None:
    seen = desk.oml.python(f"""
from django.db.models import signals
from oml_plugin.storage import saved_links
from oml_plugin.models import SavedLink
from pbxlink.link import link_file
from pathlib import Path
told = []
for each in (signals.pre_save, signals.post_save, signals.pre_delete, signals.post_delete):
    each.connect(lambda sender, instance, **_: told.append(instance.code), sender=SavedLink, weak=False)
saved_links.store(link_file.read(Path({str(desk.oml.link())!r})))
codes = list(SavedLink.objects.values_list("code", flat=True))
saved_links.forget("test")
answer = [len(codes), [text for text in told if text], len(told)]
""")
    assert seen == [1, [], 2]  # deleting is told, of a row that holds nothing any more


def test_hostile_text_of_others_is_shown_as_text(desk: Desk) -> None:
    desk.oml.python(f"""
from configuracion_telefonia_app.models import RutaEntrante, TroncalSIP, RutaSaliente
from ominicontacto_app.models import User
hostile = {HOSTILE!r}
RutaEntrante.objects.update(nombre=hostile[:30])
User.objects.filter(username='anaagent').update(first_name=hostile[:30], last_name='')
trunk = TroncalSIP.objects.create(nombre='issabel', text_config=hostile)
""")
    pages = [desk.enter(), desk.overview(), desk.plan("?replace=trunk/issabel")]
    for page in pages:
        assert "<script>window.hacked" not in page.text and "<img src=x" not in page.text, page.path
    assert html.escape(HOSTILE[:20]) in desk.overview().text


@pytest.mark.parametrize(
    "field", ["pbx_address", "oml_address", "oml_trunk", "pbx_trunk", "name", "oml_routes", "agents"]
)
@pytest.mark.parametrize("value", [HOSTILE, "x\nremote_hosts=evil", "$(id)`id`;'"])
def test_hostile_input_is_refused_and_escaped(page_desk: Desk, field: str, value: str) -> None:
    good = {
        "enter": "fields", "topology": "lan", "transport": "trunk-transport", "technology": "sip", "caller_id": "keep",
        "pbx_address": "127.0.0.3", "pbx_port": "5060", "oml_address": "127.0.0.2", "pbx_trunk": "omnileads",
        "pbx_context": "from-internal", "oml_trunk": "issabel", "oml_context": "from-pbx", "pbx_codecs": "alaw",
        "oml_codecs": "alaw", "name": "hostile",
    }  # fmt: skip
    refused = page_desk.admin.post("/pbx_link/new/", {**good, field: value})
    assert (refused.status, refused.page) == (200, "edit")
    assert re.search(r"(?:pbx-link-field-error|errorlist)", refused.text)
    assert "<script>window" not in refused.text and "<img src=x" not in refused.text
    assert page_desk.saved == []


def test_a_file_is_taken_as_it_is_and_anything_else_refused(desk: Desk) -> None:
    content = desk.oml.link().read_bytes()
    for wrong in (b"\xff\xfe\x00", b"[link]\nname = <script>\n", b"", b"#" * (1024 * 1024 + 1)):
        refused = desk.admin.upload("/pbx_link/new/", {"enter": "file"}, "link.conf", wrong)
        assert (refused.page, desk.saved) == ("edit", []), wrong[:20]
        assert 'class="errorlist"' in refused.text and "<script>" not in refused.text
    plan = desk.admin.upload("/pbx_link/new/", {"enter": "file"}, "../../etc/link.conf", content)
    assert (plan.page, len(plan.changes), desk.saved) == ("plan", 2, ["test"])


@pytest.mark.parametrize("path", ["job/../../etc/passwd/", "job/" + "g" * 32 + "/", "link/UPPER/", "link/a;b/plan/"])
def test_addresses_that_are_none_are_not_found(page_desk: Desk, path: str) -> None:
    assert page_desk.admin.get(f"/pbx_link/{path}").status == 404


def test_a_link_that_is_not_there_is_said(page_desk: Desk) -> None:
    missing = page_desk.admin.get("/pbx_link/link/nobody/")
    assert (missing.status, missing.findings) == (200, [("error", "saved.missing")])
    assert page_desk.admin.post("/pbx_link/link/nobody/apply/", {}).findings == [("error", "saved.missing")]
