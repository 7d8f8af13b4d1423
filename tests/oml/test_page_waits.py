"""No page of ours keeps OML's one web worker waiting: each server hangs in turn, and another user opens the login page.

The shortest of these waits, where a request did the asking, lasts 3.9 s; `_LIMIT` leaves room for a machine at work.
Nothing that hangs ever answers, so a page that is there was not kept by it.
"""

from __future__ import annotations

import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

import psycopg2
import pytest
import redis

from tests.oml.desk import Desk
from tests.oml.pageserver import Answer, Site, Visitor, seed, serving
from tests.oml.plugin import PluginOml, plugin_oml
from tests.oml.silent import silent_resolver, silent_tcp, silent_udp
from tests.stack.fixtures import temporary_postgres
from tests.stack.native import Servers
from tests.standins.oml.testing import Standin

pytest_plugins = ["tests.oml.page_fixtures"]

_LIMIT = 2.5
_ONE = "/pbx_link/link/test/"
_TOKEN = "from oml_plugin.api import tokens; answer = tokens.issue('test')"
OpenHanging = Callable[[str], Desk]


@pytest.fixture
def hanging(tmp_path: Path, page_template: Path, answering_pbx: tuple[str, int]) -> Iterator[OpenHanging]:
    """Serves an OML by one worker; what is named never answers it."""
    with ExitStack() as stack:
        yield lambda what: _hanging(stack, what, tmp_path, page_template, answering_pbx)


def _hanging(stack: ExitStack, what: str, folder: Path, template: Path, pbx: tuple[str, int]) -> Desk:
    for name in ("oml.sqlite", "redis.json"):
        shutil.copy(template / name, folder / name)
    oml = stack.enter_context(plugin_oml(folder, pbx))
    environment, before = oml.standin.environment, []
    if what == "dns":
        before = stack.enter_context(silent_resolver(folder))
        oml.pbx = "pbx.silent.example", 5060
    elif what == "pbx":
        oml.pbx = "127.0.0.9", stack.enter_context(silent_udp("127.0.0.9"))
    elif what == "asterisk":
        environment["AMI_PORT"] = str(stack.enter_context(silent_tcp()))
    else:
        del environment["OML_STANDIN_REDIS_FILE"]
        environment["REDIS_PORT"] = str(stack.enter_context(silent_tcp()))
    site = stack.enter_context(serving(oml.standin, folder, one_worker=True, before=before))
    admin = site.visitor("admin")
    admin.is_patient = False
    return Desk(oml, site, admin)


def _together(site: Site, ask: Callable[[], Answer]) -> Answer:
    """The answer; meanwhile another user opens the login page. Neither is kept waiting."""
    with ThreadPoolExecutor(2) as pool:
        mine = pool.submit(_timed, ask)
        time.sleep(0.02)  # so that the worker is at ours
        theirs = pool.submit(_timed, lambda: Visitor(site.url).get("/accounts/login/"))
        (answer, seconds), (login, waited) = mine.result(), theirs.result()
    assert login.status == 200
    assert seconds < _LIMIT and waited < _LIMIT, f"{answer.path}: {seconds:.2f} s, the login page {waited:.2f} s"
    return answer


def _timed(ask: Callable[[], Answer]) -> tuple[Answer, float]:
    begun = time.monotonic()
    return ask(), time.monotonic() - begun


@pytest.mark.failure_points
@pytest.mark.parametrize(
    ("what", "told"),
    [("dns", "oml.unresolvable"), ("pbx", "oml.pbx_silent"), ("asterisk", "ami."), ("redis", "oml.redis")],
)
def test_what_hangs_keeps_no_other_user_waiting(hanging: OpenHanging, what: str, told: str) -> None:
    desk = hanging(what)
    plan = _together(desk.site, lambda: desk.enter())
    for path in ("/pbx_link/", _ONE, f"{_ONE}edit/", "/pbx_link/new/", f"{_ONE}remove/", f"{_ONE}plan/"):
        assert _together(desk.site, partial(desk.admin.get, path)).status == 200, path
    for button in ("apply", "verify", "recover"):
        assert _together(desk.site, partial(desk.start, button, mark="0" * 32)).page == "job"
    for path, more in (("/pbx_link/invite/", {"address": "10.0.0.2"}), (f"{_ONE}pbx-code/", {})):
        fields = {"url": "https://oml.silent.example", **more}
        looked = _together(desk.site, partial(desk.admin.post, path, fields))
        assert looked.status == 200 and (what != "dns" or looked.is_refreshing), path
    assert plan.page == "wait"
    desk.admin.is_patient = True
    found = desk.admin.get(plan.path)
    assert any(code.startswith(told) for _, code in found.findings), found.findings
    seen = desk.overview()
    assert ('data-reach="unknown"' in seen.text) == (what == "asterisk") and 'id="pbx-link-age"' in seen.text


@pytest.fixture(scope="module")
def served(
    servers: Servers, tmp_path_factory: pytest.TempPathFactory, answering_pbx: tuple[str, int]
) -> Iterator[tuple[Desk, str]]:
    """An OML on PostgreSQL, served by one worker; and its database."""
    folder = tmp_path_factory.mktemp("on-postgresql")
    with temporary_postgres(servers) as database, redis.Redis.from_url(servers.redis_url) as store:
        store.flushall()
        standin = Standin.on(database, servers.redis_url).with_plugin()
        standin.manage("migrate", "-v0")
        seed(standin)
        with plugin_oml(folder, answering_pbx) as oml:
            kept = {name: each for name, each in oml.standin.environment.items() if not name.startswith("OML_STANDIN_")}
            standin.environment.update({**kept, "OML_STANDIN_PLUGIN": "1"})
            standin.environment.pop("OML_STANDIN_WITHOUT_ASTERISK", None)
            with serving(standin, folder, one_worker=True) as site:
                found = PluginOml(standin, oml.asterisk, folder, answering_pbx)
                yield Desk(found, site, site.visitor("admin")), database
        store.flushall()


@pytest.fixture
def on_postgresql(served: tuple[Desk, str]) -> Iterator[Desk]:
    """That one with an administrator of the test's own; nothing of a link is left in it."""
    desk, database = served
    yield Desk(desk.oml, desk.site, desk.site.visitor("admin"))
    with closing(psycopg2.connect(database)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE oml_plugin_savedlink, oml_plugin_directorytoken, oml_plugin_requestcount CASCADE")
    shutil.rmtree(desk.site.state, ignore_errors=True)


@pytest.fixture
def database(served: tuple[Desk, str]) -> str:
    """The database of that OML."""
    return served[1]


@contextmanager
def _held(database: str, statement: str) -> Iterator[None]:
    connection = psycopg2.connect(database)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
        yield
    finally:
        connection.close()


def _directory(desk: Desk, token: str) -> Answer:
    request = urllib.request.Request(desk.site.url + "/pbx_link/api/directory/")
    request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=60) as found:
            return Answer("directory", found.status, {}, found.read().decode("utf-8"))
    except urllib.error.HTTPError as refused:
        with refused:
            return Answer("directory", refused.code, dict(refused.headers), refused.read().decode("utf-8"))


@pytest.mark.parametrize(
    "table",
    [
        "oml_plugin_savedlink",
        "oml_plugin_ownedresource",
        "oml_plugin_directorytoken",
        "ominicontacto_app_agenteprofile",
    ],
)
def test_a_locked_table_keeps_no_other_user_waiting(on_postgresql: Desk, database: str, table: str) -> None:
    desk = on_postgresql
    assert desk.enter().page == "plan"
    assert desk.overview().page == "overview"
    desk.admin.is_patient = False
    with _held(database, f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"):
        busy = _together(desk.site, desk.overview)
        assert (busy.page, busy.findings, busy.is_refreshing) == ("findings", [("error", "oml.database_busy")], True)
    assert desk.overview().page == "overview"


def test_the_directory_api_waits_for_no_lock(on_postgresql: Desk, database: str) -> None:
    desk = on_postgresql
    token = desk.oml.standin.python(_TOKEN)
    assert _directory(desk, token).status == 200
    held = (
        "SELECT 1 FROM oml_plugin_requestcount FOR UPDATE",
        "SELECT 1 FROM oml_plugin_directorytoken FOR UPDATE",
        "LOCK TABLE oml_plugin_directorytoken IN ACCESS EXCLUSIVE MODE",
        "LOCK TABLE configuracion_telefonia_app_rutaentrante IN ACCESS EXCLUSIVE MODE",
    )
    for statement in held:
        with _held(database, statement):
            refused = _together(desk.site, lambda: _directory(desk, token))
        assert (refused.status, refused.headers.get("Retry-After")) == (503, "5"), statement
        assert "oml.database_busy" in refused.text
    assert _directory(desk, token).status == 200
