"""The dialplan part: every agent is reached by each of its numbers, and the PBX is told the truth of who is not.

The agents' telephones register on OML's Asterisk by SIP. What the PBX sees is read from its own Dial: DIALSTATUS, the
Q.850 cause, and for how many seconds the call was answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import redis

from tests.calls.linked import DID, PHONE, Linked, eventually, succeeded
from tests.standins.oml.config import PHONES_FILE, agent_phones
from tests.standins.oml.testing import ami

SWALLOWED_DID, UNKNOWN, BY_HAND = "1145556666", "987654", "5550"
CUSTOM_FILE = "oml_extensions_custom.conf"
DIALLED = """
[test-result]
exten => s,1,Dial(${TEST_DIAL},20)
 same => n,Hangup()
exten => h,1,Set(DB(TESTRESULT/${TEST_KEY})=${DIALSTATUS} ${HANGUPCAUSE} ${ANSWEREDTIME})
"""
FURNISH = """
from ominicontacto_app.models import AgenteProfile as A
far = A.objects.order_by('id')[1]
A.objects.filter(pk=far.pk).update(sip_extension=2007)
answer = [[a.id, str(a.sip_extension)] for a in A.objects.order_by('id')[:2]]
"""


ABSENT = {"pjsip": ("CHANUNAVAIL", "20", 0), "sip": ("BUSY", "19", 0)}
UNANSWERED = {"pjsip": ("NOANSWER", "19", 0), "sip": ("BUSY", "19", 0)}
"""OML says 480 with the cause in a Reason header; chan_sip reads no such header and takes every 480 so."""


@dataclass(frozen=True)
class Agent:
    """An agent with its telephone."""

    id: int
    sip: str


@dataclass(frozen=True)
class Desk:
    """The two linked hosts, the agents of OML (the second one's SIP extension is 2007), and the PBX's way to call."""

    link: Linked
    technology: str
    agents: tuple[Agent, Agent]

    @property
    def queue(self) -> str:
        """The number of a queue of the PBX."""
        return {"sip": "510", "pjsip": "511"}[self.technology]

    def calls(self, number: str, caller: str = '"Ext 201" <201>') -> tuple[str, str, int]:
        """The PBX calls `number` of OML: DIALSTATUS, cause, seconds answered."""
        self.link.pbx.cli(f"database del TESTRESULT {number}")
        dialled = f"SIP/omnileads/{number}" if self.technology == "sip" else f"PJSIP/{number}@omnileads"
        fields = {"Channel": "Local/s@test-result/n", "Application": "Wait", "Data": "1", "CallerID": caller,
                  "Timeout": "25000", "Variable": f"TEST_DIAL={dialled},TEST_KEY={number}"}  # fmt: skip
        with self.link.pbx.ami() as session:
            session.action("Originate", **fields)
        read = f"database get TESTRESULT {number}"
        assert eventually(lambda: "Value:" in self.link.pbx.cli(read), 20), self.link.pbx.log()[-1500:]
        status, cause, *seconds = self.link.pbx.cli(read).partition("Value:")[2].split()
        return status, cause, int(seconds[0]) if seconds else 0

    def set_status(self, agent: Agent, status: str) -> None:
        """The status that OML's Redis has of the agent, once the dialplan sees it."""
        where = self.link.oml.environment
        with redis.Redis(where["REDIS_HOSTNAME"], int(where["REDIS_PORT"])) as store:
            store.hset(f"OML:AGENT:{agent.id}", "STATUS", status)
        shown = re.compile(rf"/STATUS +: {status} *$", re.MULTILINE)
        assert eventually(lambda: shown.search(self.link.oml_cli(f"database show OML AGENT/{agent.id}")))

    def phone(self, agent: Agent, mode: str) -> None:
        """What the agent's telephone does with a call."""
        self.link.oml_cli(f"database put TESTPHONE/{agent.sip} mode {mode}")

    def saw(self, agent: Agent, what: str) -> str:
        """What the agent's telephone noted of its last call."""
        shown = self.link.oml_cli(f"database get TESTPHONE/{agent.sip} {what}")
        return shown.partition("Value:")[2].strip()


@pytest.fixture(scope="module", params=["sip", "pjsip"])
def desk(request: pytest.FixtureRequest, hosts: Linked) -> Iterator[Desk]:
    """Linked with the dialplan part, everybody logged in, the telephones registered."""
    hosts.oml.manage("standin_seed", "--did", f"{SWALLOWED_DID}=buenos-aires")
    agents = [Agent(*each) for each in hosts.oml.python(FURNISH)]
    hosts.oml.manage("regenerar_asterisk")
    (hosts.pair.oml.etc_dir / PHONES_FILE).write_text(agent_phones(hosts.oml_params, [each.sip for each in agents]))
    assert eventually(lambda: "2007" in hosts.oml_cli("pjsip show endpoints"))
    (hosts.pair.pbx.etc_dir / "extensions_custom.conf").write_text(DIALLED)
    hosts.link(request.param, more="[dialplan]\nagents = yes\n")
    hosts.oml_cli("module reload res_pjsip.so")
    hosts.oml_cli("module reload res_pjsip_outbound_registration.so")
    found = Desk(hosts, request.param, (agents[0], agents[1]))
    _queue(found)
    for each in agents:
        assert eventually(lambda each=each: f"{each.sip}/sip:{each.sip}@" in hosts.oml_cli("pjsip show contacts"))
    yield found
    hosts.unlink()


@pytest.fixture
def agent(desk: Desk) -> Agent:
    """The first agent, ready, whose telephone answers."""
    for each in desk.agents:
        desk.set_status(each, "READY")
        desk.phone(each, "answer")
    return desk.agents[0]


def _queue(desk: Desk) -> None:
    """A queue that tries the first agent, then telephone 201."""
    pbx, agent = desk.link.pbx, desk.agents[0]
    members = (f"Local/{agent.sip}{agent.id}@from-queue/n,0", f"Local/{PHONE}@from-queue/n,1")
    pbx.insert("queues_config", {"extension": desk.queue, "descr": "agent, then telephone", "maxwait": "20"})
    pbx.insert("queues_details", {"id": desk.queue, "keyword": "timeout", "data": "8", "flags": 0})
    detail = {"id": desk.queue, "keyword": "member", "flags": 0}
    pbx.insert("queues_details", *({**detail, "data": each} for each in members))
    pbx.ask_for_reload()
    pbx.reload()


@pytest.mark.parametrize("number", ["{sip}", "{sip}{id}", "1000{id}"])
@pytest.mark.parametrize("place", [0, 1], ids=["SIP 1xxx", "SIP 2007"])
def test_every_agent_is_reached_by_each_of_its_numbers(desk: Desk, agent: Agent, place: int, number: str) -> None:
    called = desk.agents[place]
    desk.link.oml_cli(f"database del TESTPHONE/{called.sip} num")
    status, _, seconds = desk.calls(number.format(sip=called.sip, id=called.id))
    assert status == "ANSWER" and seconds > 0
    assert desk.saw(called, "num") == "201"


def test_the_agent_sees_number_and_name_of_who_calls(desk: Desk, agent: Agent) -> None:
    assert desk.calls(f"{agent.sip}{agent.id}", '"Maria Ruiz" <217>')[0] == "ANSWER"
    assert (desk.saw(agent, "num"), desk.saw(agent, "name")) == ("217", "Maria Ruiz")
    assert desk.saw(agent, "header") == "Maria Ruiz 217"
    assert "withoutCampPbx2AgentCall" in desk.link.oml_cli(f"database get TESTCONNECT {agent.id}")


def test_the_name_of_who_calls_is_never_taken_for_dialplan(desk: Desk, agent: Agent) -> None:
    name = "x):System(touch ${EXTEN})?${ENV(PATH)}"
    assert desk.calls(f"1000{agent.id}", f'"{name}" <218>')[0] == "ANSWER"
    assert desk.saw(agent, "header").startswith("x):System(touch") and "/bin" not in desk.saw(agent, "header")


@pytest.mark.parametrize(
    ("status", "phone"),
    [
        ("ONCALL", "answer"),
        ("PAUSE-Almuerzo", "answer"),
        ("DIALING", "answer"),
        ("READY", "busy"),
        ("READY", "decline"),
    ],
)
def test_an_agent_who_cannot_take_the_call_is_busy(desk: Desk, agent: Agent, status: str, phone: str) -> None:
    desk.phone(agent, phone)
    desk.set_status(agent, status)
    assert desk.calls(f"{agent.sip}{agent.id}") == ("BUSY", "17", 0)


@pytest.mark.parametrize("status", ["OFFLINE", "UNAVAILABLE", ""])
def test_an_agent_who_is_logged_out_is_absent(desk: Desk, agent: Agent, status: str) -> None:
    desk.set_status(agent, status)
    assert desk.calls(f"{agent.sip}{agent.id}") == ABSENT[desk.technology]


def test_an_agent_who_does_not_answer(desk: Desk, agent: Agent) -> None:
    desk.phone(agent, "ring")
    desk.link.oml_cli("dialplan set global ISSABEL_OMNILEADS_RING_SECONDS 2")
    found = desk.calls(agent.sip)
    desk.link.oml_cli("dialplan set global ISSABEL_OMNILEADS_RING_SECONDS 0")
    assert found == UNANSWERED[desk.technology]


def test_an_agent_whose_telephone_is_gone(desk: Desk, agent: Agent) -> None:
    desk.link.oml_cli(f"pjsip send unregister phone-{agent.sip}")
    assert eventually(lambda: f"{agent.sip}/sip:" not in desk.link.oml_cli("pjsip show contacts"))
    found = desk.calls(f"1000{agent.id}")
    desk.link.oml_cli(f"pjsip send register phone-{agent.sip}")
    assert eventually(lambda: f"{agent.sip}/sip:" in desk.link.oml_cli("pjsip show contacts"))
    assert found == ABSENT[desk.technology]


@pytest.mark.parametrize("number", [UNKNOWN, "10009999", "2008", "20079999"])
def test_a_number_that_is_nobodys(desk: Desk, agent: Agent, number: str) -> None:
    told, seen, seconds = desk.calls(number)
    assert (told != "ANSWER", seen, seconds) == (True, "1", 0)


@pytest.mark.parametrize("did", [DID, SWALLOWED_DID])
def test_a_did_reaches_its_inbound_route(desk: Desk, agent: Agent, did: str) -> None:
    assert desk.calls(did, '"Ext 219" <219>')[0] == "ANSWER"
    assert desk.link.oml_saw(did) == "219"


def test_what_an_administrator_wrote_goes_on_and_keeps_every_byte(desk: Desk, agent: Agent) -> None:
    path = desk.link.pair.oml.etc_dir / CUSTOM_FILE
    written = path.read_text() + f"; mine\n[oml-dial-agents-custom]\nexten=>{BY_HAND},1,Hangup(34)\n"
    path.write_text(written)
    desk.link.oml_cli("dialplan reload")
    assert desk.calls(BY_HAND)[1] == "34"
    with ami(desk.link.oml_params) as session:
        assert "Hangup(34)" in session.command("dialplan show oml-dial-agents-custom")
    succeeded(desk.link.on_oml("apply", "--yes"))
    assert path.read_text() == written


@pytest.mark.parametrize("status", ["ONCALL", "OFFLINE"])
def test_a_queue_of_the_pbx_goes_on_to_the_next(desk: Desk, agent: Agent, status: str) -> None:
    desk.set_status(agent, status)
    before = int(desk.link.pbx.seen(PHONE)["count"] or 0)
    assert desk.link.pbx.originate(desk.queue, '"Ext 220" <220>')["Response"] == "Success"
    assert eventually(lambda: int(desk.link.pbx.seen(PHONE)["count"] or 0) == before + 1)
    assert desk.link.pbx.seen(PHONE)["num"] == "220"
