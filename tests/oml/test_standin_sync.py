"""How the stand-in's synchronisers behave in the cases that facts.md tells of; needs no server and no record."""

from __future__ import annotations

import json
import shutil
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stack.process import free_port
from tests.standins.oml.testing import Standin

PRELUDE = """
import json
from configuracion_telefonia_app import models as m, regeneracion_configuracion_telefonia as sync
from ominicontacto_app.services.redis.connection import create_redis_connection

def entries():
    found = create_redis_connection().xrange("asterisk_conf_updater")
    return [json.loads(fields["value"]) for _, fields in found]

def trunk(nombre, **values):
    return m.TroncalSIP.objects.create(nombre=nombre, text_config="type=wizard", **values)

trunks = sync.SincronizadorDeConfiguracionTroncalSipEnAsterisk()
routes = sync.SincronizadorDeConfiguracionDeRutaSalienteEnAsterisk()
"""
PJSIP, CHANSIP, REGISTRATIONS = "oml_pjsip_trunks.conf", "oml_sip_trunks.conf", "oml_sip_registrations.conf"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    Standin.without_servers(folder).manage("migrate", "-v0")
    return folder / "oml.sqlite"


@pytest.fixture
def standin(tmp_path: Path, template: Path) -> Standin:
    shutil.copy(template, tmp_path / "oml.sqlite")
    return Standin.without_servers(tmp_path)


def files_of(standin: Standin, code: str) -> list[list[str]]:
    got = standin.python(PRELUDE + code + "\nanswer = [[e['archivo'], e['content']] for e in entries()]")
    assert isinstance(got, list)
    return got


def test_one_file_holds_all_trunks_of_a_driver(standin: Standin) -> None:
    code = "trunk('a'); trunk('c', tecnologia=0); trunks.regenerar_troncales(trunk('b'))"
    assert files_of(standin, code) == [[PJSIP, "\n[a]\ntype=wizard\n\n[b]\ntype=wizard\n"]]


def test_regenerating_all_writes_a_file_per_driver_and_forgets_hashes_of_rows_gone(standin: Standin) -> None:
    code = """
create_redis_connection().hset("OML:TRUNK:99", mapping={"NAME": "gone"})
trunk('a'); trunk('c', tecnologia=0); trunks.regenerar_troncales()
answer = [sorted(e['archivo'] for e in entries()), sorted(create_redis_connection().keys('OML:TRUNK:*'))]
"""
    assert standin.python(PRELUDE + code) == [[PJSIP, REGISTRATIONS, CHANSIP], ["OML:TRUNK:1", "OML:TRUNK:2"]]


def test_with_the_last_trunk_gone_only_the_deleting_path_writes_the_empty_file(standin: Standin) -> None:
    assert files_of(standin, "trunks.regenerar_troncales()") == []
    assert files_of(standin, "trunks.eliminar_troncal_y_regenerar_asterisk(trunk('a'))") == [[PJSIP, ""]]


def test_a_trunk_turned_to_chansip_leaves_its_old_stanza(standin: Standin) -> None:
    code = "t = trunk('a'); trunks.regenerar_troncales(t); t.tecnologia = 0; t.save(); trunks.regenerar_troncales(t)"
    assert files_of(standin, code) == [
        [PJSIP, "\n[a]\ntype=wizard\n"],
        [CHANSIP, "\n[a]\ntype=wizard\n"],
        [REGISTRATIONS, "register=>None\n"],
    ]


def test_without_routes_the_dialplan_is_written_all_the_same(standin: Standin) -> None:
    [[name, content]] = files_of(standin, "routes.regenerar_asterisk()")
    assert name == "oml_extensions_outr.conf"
    assert content.startswith("[oml-outr]\nexten => i,1,") and "include" not in content


def test_routes_are_included_by_orden_and_patterns_carry_their_prefix(standin: Standin) -> None:
    code = """
late = m.RutaSaliente.objects.create(nombre='late', orden=9)
early = m.RutaSaliente.objects.create(nombre='early', orden=3)
early.patrones_de_discado.create(match_pattern='1XXX', prefix='9', orden=4)
routes.regenerar_asterisk(early)
"""
    [[_, content]] = files_of(standin, code)
    assert content.startswith("[oml-outr]\ninclude => oml-outr-2\ninclude => oml-outr-1\n")
    assert "exten => _91XXX,1," in content


def test_a_trunk_in_use_and_a_route_of_a_campaign_are_told_apart(standin: Standin) -> None:
    code = """
from django.db.models import ProtectedError
from ominicontacto_app.models import Campana, User
t = trunk('a'); r = m.RutaSaliente.objects.create(nombre='r'); r.secuencia_troncales.create(troncal=t, orden=1)
user = User.objects.create(username='u')
Campana.objects.create(nombre='c', type=Campana.TYPE_MANUAL, reported_by=user, outr=r)
try:
    t.delete(); told = 'deleted'
except ProtectedError:
    told = 'in use'
answer = [told, Campana.objects.filter(outr=r).exists()]
"""
    assert standin.python(PRELUDE + code) == ["in use", True]


def test_with_redis_down_the_row_stays_and_the_error_says_so(standin: Standin) -> None:
    del standin.environment["OML_STANDIN_REDIS_FILE"]
    standin.environment["REDIS_PORT"] = str(free_port())
    code = """
t = trunk('a')
try:
    trunks.regenerar_troncales(t); told = ''
except sync.RestablecerConfiguracionTelefonicaError as error:
    told = type(error.cause).__name__
answer = [told, m.TroncalSIP.objects.count()]
"""
    assert standin.python(PRELUDE + code) == ["ConnectionError", 1]


def test_regenerar_asterisk_fails_where_ami_is_down(standin: Standin) -> None:
    del standin.environment["OML_STANDIN_WITHOUT_ASTERISK"]
    standin.environment["AMI_PORT"] = str(free_port())
    done = standin.manage("regenerar_asterisk", check=False)
    assert done.returncode == 1 and "No se regeneró todo" in done.stderr


def test_every_synchronisation_asks_for_module_reload(standin: Standin, fake_ami: FakeAmi) -> None:
    del standin.environment["OML_STANDIN_WITHOUT_ASTERISK"]
    standin.environment.update(AMI_PORT=str(fake_ami.port), AMI_USER="u", AMI_PASSWORD="p")
    standin.python(PRELUDE + "trunks.regenerar_troncales(trunk('a')); routes.regenerar_asterisk()")
    login, reload, _, again = fake_ami.actions
    assert (login["Action"], login["Username"], login["Secret"]) == ("Login", "u", "p")
    assert [reload["Command"], again["Command"]] == ["module reload"] * 2


def test_a_silent_asterisk_is_given_up_after_the_time_limit(standin: Standin, fake_ami: FakeAmi) -> None:
    del standin.environment["OML_STANDIN_WITHOUT_ASTERISK"]
    fake_ami.silent = True
    standin.environment.update(AMI_PORT=str(fake_ami.port), OML_STANDIN_AMI_TIMEOUT="0.5")
    code = """
from ominicontacto_app.errors import OmlError
try:
    trunks.regenerar_troncales(trunk('a')); answer = 'reloaded'
except OmlError:
    answer = [len(entries()), create_redis_connection().keys('OML:TRUNK:*')]
"""
    assert standin.python(PRELUDE + code) == [1, []]


def test_processes_share_the_redis_file_and_it_has_no_pipelines(standin: Standin) -> None:
    standin.python(PRELUDE + "r = create_redis_connection(); r.sadd('s', 'x', 'y'); r.set('n', 'ñ')")
    code = """
r = create_redis_connection()
try:
    r.pipeline(); told = ''
except TypeError as error:
    told = str(error)
answer = [sorted(r.smembers('s')), r.get('n'), r.exists('missing'), 'no pipelines' in told]
"""
    assert standin.python(PRELUDE + code) == [["x", "y"], "ñ", 0, True]


class FakeAmi:
    """An AMI that says yes to everything and notes what it was asked."""

    def __init__(self) -> None:
        self.actions: list[dict[str, str]] = []
        self.silent = False
        fake = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                if fake.silent:
                    self.rfile.readline()
                    return
                self.wfile.write(b"Asterisk Call Manager/5.0.4\r\n")
                headers: dict[str, str] = {}
                for raw in self.rfile:
                    key, colon, value = raw.decode().strip().partition(": ")
                    if colon:
                        headers[key] = value
                        continue
                    fake.actions.append(headers)
                    self.wfile.write(f"Response: Success\r\nActionID: {headers['ActionID']}\r\n\r\n".encode())
                    headers = {}

        self._server: Any = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def fake_ami() -> Iterator[FakeAmi]:
    fake = FakeAmi()
    yield fake
    fake.stop()


def test_the_stream_is_json_with_three_fields(standin: Standin) -> None:
    standin.python(PRELUDE + "trunks.regenerar_troncales(trunk('a'))")
    held = json.loads(Path(standin.environment["OML_STANDIN_REDIS_FILE"]).read_text(encoding="utf-8"))
    [[_, fields]] = held["asterisk_conf_updater"][1]
    assert json.loads(fields["value"]) == {
        "archivo": PJSIP,
        "content": "\n[a]\ntype=wizard\n",
        "type": "CONF_FILE",
    }
