"""The stand-in whole: PostgreSQL, Redis, consumer and a real Asterisk, with a call out and back in over SIP."""

from __future__ import annotations

import math
import shutil
import socket
import wave
from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.standins.oml.config import AsteriskHost, OmlParams
from tests.standins.oml.testing import (
    Standin,
    ami,
    asterisk_server,
    consumer,
    free_port,
    postgres_binaries,
    postgres_server,
    redis_server,
    until,
)

NEEDED = ("asterisk", "redis-server")
WIZARD = """type=wizard
transport=trunk-transport
sends_auth=yes
accepts_auth=yes
aor/qualify_frequency=60
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
route.patrones_de_discado.create(prefix='9', match_pattern='XXXXX.', orden=1)
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
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing or postgres_binaries() is None:
        pytest.skip(f"not installed: {', '.join(missing) or 'PostgreSQL server'}")
    folder = tmp_path_factory.mktemp("live")
    sip, agents = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    params = OmlParams(
        transports={"agent-transport": agents, "trunk-transport": sip}, ami_port=free_port(), call_seconds=3
    )
    with ExitStack() as stack:
        where = stack.enter_context(postgres_server(folder))
        redis_port = stack.enter_context(redis_server(folder))
        host = stack.enter_context(asterisk_server(folder, params))
        stack.enter_context(consumer(folder, redis_port, params))
        ami_at = {"AMI_PORT": str(params.ami_port), "AMI_USER": params.ami_user, "AMI_PASSWORD": params.ami_secret}
        standin = Standin({**where, **ami_at, "REDIS_PORT": str(redis_port)})
        standin.manage("migrate", "-v0")
        standin.manage("standin_seed", "--agent", "Ana Agent", "--did", "098098=fromissabel")
        text = WIZARD.replace("PORT", str(sip)).replace("\n", "\r\n")
        standin.python(f"TEXT = {text!r}\n{LINKED}")
        stage = Stage(standin, params, host)
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


def _with(text: str, part: str) -> str:
    return text if part in text else ""


def test_a_call_to_a_did_is_heard_both_ways_with_the_caller_s_number(stage: Stage) -> None:
    stage.call("9098098", "outdid")
    seen = until(lambda: stage.astdb("TESTSEEN/098098"), 10, "the call")
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


def test_a_did_that_oml_does_not_have_is_refused(stage: Stage) -> None:
    stage.call("9077077", "outnone")
    done = until(lambda: stage.astdb("TESTDIAL/9077077"), 10, "the end of the call")
    assert done["/TESTDIAL/9077077/status"] == "CHANUNAVAIL 1"


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
