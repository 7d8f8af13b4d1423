"""The stand-in whole: PostgreSQL, Redis, consumer and a real Asterisk, with a call out and back in over SIP."""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.stack import native
from tests.stack.asterisk import missing_asterisk, native_asterisk, prepare
from tests.stack.process import free_port
from tests.standins.oml.config import AsteriskHost, OmlParams, write_config
from tests.standins.oml.testing import Standin, ami, consumer, until

WIZARD = """type=wizard
transport=trunk-transport
sends_auth=yes
accepts_auth=yes
aor/qualify_frequency=3
endpoint/allow=alaw,ulaw
endpoint/context=from-pbx
endpoint/send_pai=yes
endpoint/trust_id_inbound=yes
remote_hosts=127.0.0.1:PORT
inbound_auth/username=issabel
inbound_auth/password=aSecret123
outbound_auth/username=issabel
outbound_auth/password=aSecret123"""
LINKED = """
from configuracion_telefonia_app.models import RutaSaliente, TroncalSIP
from configuracion_telefonia_app import regeneracion_configuracion_telefonia as sync
trunk = TroncalSIP.objects.create(nombre='issabel', text_config=TEXT)
sync.SincronizadorDeConfiguracionTroncalSipEnAsterisk().regenerar_troncales(trunk)
route = RutaSaliente.objects.create(nombre='all')
route.patrones_de_discado.create(prefix='9', match_pattern='XXXX.', orden=1)
route.secuencia_troncales.create(troncal=trunk, orden=1)
sync.SincronizadorDeConfiguracionDeRutaSalienteEnAsterisk().regenerar_asterisk(route)
"""


@dataclass
class Stage:
    """What runs: its trunk `issabel` leads back to itself."""

    standin: Standin
    params: OmlParams
    host: AsteriskHost

    def call(self, number: str, recording: str) -> None:
        """Dial through the outbound route, as an agent would, and play 1100 Hz at this end."""
        with ami(self.params) as session:
            session.action(
                "Originate",
                Channel=f"Local/{number}@from-agent/n",
                Context="tone-1100",
                Exten=recording,
                Priority="1",
                CallerID='"Tester" <4711>',
                Async="true",
            )

    def astdb(self, family: str) -> dict[str, str]:
        with ami(self.params) as session:
            return session.database(family)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    missing = missing_asterisk() or native.missing_servers()
    if missing:
        pytest.skip(missing)
    params = OmlParams(
        transports={"agent-transport": free_port(), "trunk-transport": free_port()},
        ami_port=free_port(),
        call_seconds=3,
        unknown_seconds=1,
    )
    home = tmp_path_factory.mktemp("live")
    etc = prepare(home, lambda etc, _address, _port: write_config(etc, params), params.address)
    with ExitStack() as stack:
        database, store = stack.enter_context(native.postgres()), stack.enter_context(native.redis_server())
        stack.enter_context(native_asterisk("oml", etc, params.address, params.ami_port))
        stack.enter_context(consumer(etc, store, params))
        standin = Standin.on(database, store, params)
        standin.manage("migrate", "-v0")
        standin.manage("standin_seed", "--agent", "Ana Agent", "--did", "098098=fromissabel")
        text = WIZARD.replace("PORT", str(params.transports["trunk-transport"])).replace("\n", "\r\n")
        standin.python(f"TEXT = {text!r}\n{LINKED}")
        stage = Stage(standin, params, AsteriskHost.at(etc))
        until(lambda: "/OML/OUTR/1/NAME" in stage.astdb("OML"), 15, "the route in AstDB")
        yield stage


def level(recording: Path, hertz: int) -> float:
    """How loud a tone is in a recording, of 32767."""
    with wave.open(str(recording)) as sound:
        rate, samples = sound.getframerate(), array("h", sound.readframes(sound.getnframes()))
    assert len(samples) > rate, "less than a second was recorded"
    turn = 2 * math.pi * hertz / rate
    real = sum(sample * math.cos(turn * i) for i, sample in enumerate(samples))
    imaginary = sum(sample * math.sin(turn * i) for i, sample in enumerate(samples))
    return 2 * math.hypot(real, imaginary) / len(samples)


def test_the_trunk_is_listed_and_its_contact_answers(stage: Stage) -> None:
    with ami(stage.params) as session:
        listed = until(lambda: _with(session.command("pjsip show endpoints"), " Avail "), 15, "Avail")
    assert "issabel-oauth/issabel" in listed and "trunk-transport" in listed
    assert "1002/1002" in listed and "agent-transport" in listed


def _complete(seen: dict[str, str]) -> dict[str, str]:
    """What was noted of a caller, once the last of its keys is there."""
    return seen if any(key.endswith("/channel") for key in seen) else {}


def _with(text: str, part: str) -> str:
    return text if part in text else ""


def test_a_call_to_a_did_is_heard_both_ways_with_the_caller_s_number(stage: Stage) -> None:
    stage.call("9098098", "outdid")
    seen = until(lambda: _complete(stage.astdb("TESTSEEN/098098")), 10, "the call")
    assert (seen["/TESTSEEN/098098/num"], seen["/TESTSEEN/098098/name"]) == ("4711", "Tester")
    assert seen["/TESTSEEN/098098/channel"].startswith("PJSIP/issabel-")
    done = until(lambda: stage.astdb("TESTDIAL/9098098"), 15, "the end of the call")
    assert done["/TESTDIAL/9098098/status"].startswith("ANSWER")
    far, near = stage.host.recordings / "098098-in.wav", stage.host.recordings / "outdid-in.wav"
    assert level(far, 1100) > 3000 > 300 > level(far, 700)
    assert level(near, 700) > 3000 > 300 > level(near, 1100)


def test_a_number_of_an_agent_drops_four_digits(stage: Stage) -> None:
    stage.call("910021", "outagent")
    seen = until(lambda: stage.astdb("TESTSEEN/1"), 10, "the call")
    assert seen["/TESTSEEN/1/num"] == "4711"


def test_a_number_that_oml_does_not_have_is_answered_and_hung_up(stage: Stage) -> None:
    stage.call("9077077", "outnone")
    done = until(lambda: stage.astdb("TESTDIAL/9077077"), 10, "the end of the call")
    assert done["/TESTDIAL/9077077/status"] == "ANSWER 16"
    assert stage.astdb("TESTUNKNOWN/077077") == {"/TESTUNKNOWN/077077/num": "4711"}
    assert stage.astdb("TESTSEEN/077077") == {}


def test_an_inbound_route_made_later_is_reached(stage: Stage) -> None:
    stage.standin.manage("standin_seed", "--did", "077078=later")
    until(lambda: stage.astdb("OML/INR/077078"), 10, "the DID in AstDB")
    stage.call("9077078", "outlater")
    until(lambda: stage.astdb("TESTSEEN/077078"), 10, "the call")


def test_a_deleted_trunk_goes_from_asterisk(stage: Stage) -> None:
    stage.standin.python("""
from configuracion_telefonia_app.models import TroncalSIP
from configuracion_telefonia_app import regeneracion_configuracion_telefonia as sync
made = TroncalSIP.objects.create(nombre='second', text_config='type=wizard\\nremote_hosts=127.0.0.1:9')
sync.SincronizadorDeConfiguracionTroncalSipEnAsterisk().regenerar_troncales(made)
""")
    with ami(stage.params) as session:
        until(lambda: _with(session.command("pjsip show endpoints"), " second "), 10, "the second trunk")
        stage.standin.python("""
from configuracion_telefonia_app.models import TroncalSIP
from configuracion_telefonia_app import regeneracion_configuracion_telefonia as sync
gone = TroncalSIP.objects.get(nombre='second')
sync.SincronizadorDeConfiguracionTroncalSipEnAsterisk().eliminar_troncal_y_regenerar_asterisk(gone)
gone.delete()
""")
        until(lambda: " second " not in session.command("pjsip show endpoints"), 10, "the second trunk gone")
        assert "issabel" in session.command("pjsip show endpoints")
