"""One invitation and one yes: from two hosts that know nothing of each other to proved calls, and every way to fail."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.calls.linked import DID, PHONE, PSTN_NUMBER, Linked, challenged_and_answered, eventually, succeeded
from tests.calls.paired import Paired, differs, paired, told
from tests.calls.standing_still import held
from tests.pbx.product import difference, fresh_bench, running_asterisk
from tests.sync.certificates import self_signed
from tests.sync.cutting import ANSWER, REQUEST, cutting_proxy


@pytest.fixture(scope="module")
def both(backend: str, hosts: Linked, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paired]:
    if backend != "native":
        pytest.skip("a pairing is cut and killed between hosts that run natively")
    with paired(hosts, tmp_path_factory.mktemp("paired")) as found:
        yield found


@pytest.fixture(scope="module")
def untouched(both: Paired) -> dict[str, Any]:
    """The state of both sides before any pairing. One pairing there and back makes our own tables and settings rows."""
    succeeded(both.join(both.invite(), "--yes"))
    succeeded(both.join("--undo"))
    return both.state()


@pytest.fixture
def pair(both: Paired, untouched: dict[str, Any]) -> Iterator[Paired]:
    both.proxy.heal()
    both.proxy.received.clear()
    yield both
    both.proxy.heal()
    if (both.folder / "state" / "join").is_dir() and list((both.folder / "state" / "join").glob("*.json")):
        succeeded(both.join("--undo"))
    assert differs(untouched, both.state()) == {}


@pytest.mark.parametrize("technology", ["sip", "pjsip"])
def test_one_invitation_and_one_yes_and_calls_work_both_ways(pair: Paired, technology: str) -> None:
    done = pair.join(pair.invite(), "--yes", "--pstn", "--technology", technology)
    assert done.returncode == 0, done.stdout + done.stderr
    assert told(done, "On this PBX (6):", "On OMniLeads (3):", "Done: the link omnileads works both ways")
    for number in (DID, "10021"):
        with pair.hosts.sip_of_oml() as messages:
            assert pair.hosts.pbx.originate(number)["Response"] == "Success"
        assert challenged_and_answered(messages), messages
    assert eventually(lambda: pair.hosts.call_from_oml(PHONE)["Response"] == "Success")
    assert pair.hosts.call_from_oml(PSTN_NUMBER)["Response"] == "Success"


def test_the_link_is_left_as_the_other_commands_leave_it(pair: Paired) -> None:
    succeeded(pair.join(pair.invite(), "--yes"))
    for command in (["plan"], ["sync", "--check"], ["check"], ["verify"]):
        succeeded(pair.hosts.on_pbx(*command))
    there = pair.hosts.oml.run_command(["pbx_link", "plan", "--lang", "en"])
    assert there.returncode == 0 and "nothing to change" in there.stdout, there.stdout
    assert pair.link.stat().st_mode & 0o777 == 0o600


def test_without_a_yes_nothing_is_written_and_the_plan_is_kept(pair: Paired, untouched: dict[str, Any]) -> None:
    done = pair.join("-", "--json", typed=pair.invite())
    document = json.loads(done.stdout)
    assert (done.returncode, document["joined"]) == (2, False)
    assert [each["kind"] for each in document["omnileads"]] == ["trunk", "route"]
    assert differs(untouched, pair.state()) == {}
    done = pair.join("--resume", "--yes", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["proved"] is True


def test_a_second_use_is_refused(pair: Paired, tmp_path: Path) -> None:
    """But for the PBX that used it first: it may answer no and begin again."""
    invitation, other = pair.invite(), replace(pair, folder=tmp_path)
    for end in ("--resume", "--undo"):
        assert pair.join(invitation, "--json").returncode == 2
        assert pair.join(end).returncode == (0 if end == "--undo" else 1)  # without a yes
        done = other.join(invitation, "--yes")
        assert done.returncode == 1 and told(done, "The invitation was used already, from 127.0.0.1")


def test_an_old_invitation_is_refused(pair: Paired) -> None:
    invitation = pair.invite()
    pair.hosts.oml.python("""
from datetime import timedelta
from django.utils import timezone
from oml_plugin.models import Pairing
Pairing.objects.filter(stage='invited').update(expires=timezone.now() - timedelta(seconds=1))
""")
    done = pair.join(invitation, "--yes")
    assert done.returncode == 1 and told(done, "The invitation is too old")


def test_an_altered_invitation_is_refused_here(pair: Paired) -> None:
    invitation = pair.invite()
    altered = invitation[:-4] + ("AAAA" if invitation[-4:] != "AAAA" else "BBBB")
    done = pair.join(altered, "--yes")
    assert done.returncode == 1 and told(done, "The invitation was cut or altered")
    assert [name for name in pair.proxy.seen if name] == []


def test_one_in_between_with_a_certificate_of_its_own_learns_nothing(pair: Paired, tmp_path: Path) -> None:
    with cutting_proxy(self_signed(tmp_path, "oml"), pair.proxy.port) as between:
        done = pair.join(pair.invite(between.url), "--yes")
    assert done.returncode == 1 and told(done, "is not the invitation's", "nothing was sent")
    assert b"".join(between.received) == b""


BEFORE_THE_YES = ["redeem", "start facts", "start plan"]
AFTER_THE_YES = ["start apply", "finish"]


@pytest.mark.failure_points
@pytest.mark.parametrize("lost", [REQUEST, ANSWER])
@pytest.mark.parametrize("name", BEFORE_THE_YES)
def test_the_network_goes_down_before_anything_is_written(
    pair: Paired, untouched: dict[str, Any], name: str, lost: str
) -> None:
    pair.proxy.cut_at(name, lost)
    done = pair.join(pair.invite(), "--yes")
    assert done.returncode == 1 and told(done, "OMniLeads does not answer"), done.stdout + done.stderr
    assert differs(untouched, pair.state()) == {}


@pytest.mark.failure_points
@pytest.mark.parametrize("end", ["--resume", "--undo"])
@pytest.mark.parametrize("lost", [REQUEST, ANSWER])
@pytest.mark.parametrize("name", AFTER_THE_YES)
def test_the_network_goes_down_after_the_yes(
    pair: Paired, untouched: dict[str, Any], name: str, lost: str, end: str
) -> None:
    pair.proxy.cut_at(name, lost)
    done = pair.join(pair.invite(), "--yes")
    assert done.returncode == 1 and told(done, "join --resume", "join --undo"), done.stdout + done.stderr
    pair.proxy.heal()
    _ends(pair, untouched, end)


def _ends(pair: Paired, untouched: dict[str, Any], end: str) -> None:
    """The one command that was said leads to before, or to after."""
    done = pair.join(end)
    assert done.returncode == 0, done.stdout + done.stderr
    if end == "--undo":
        assert differs(untouched, pair.state()) == {}
    else:
        assert told(done, "Done: the link omnileads works both ways")


def test_a_lost_answer_is_asked_for_again(pair: Paired) -> None:
    """One answer of each kind gets lost, and the network comes back by itself."""
    lost: set[str] = set()

    def once(name: str) -> str:
        if name in lost:
            return ""
        lost.add(name)
        pair.proxy.is_down = False
        return ANSWER

    pair.proxy.cuts = once
    invitation = pair.invite()
    keeper = _KeptUp(pair)
    with keeper:
        done = pair.join(invitation, "--yes", "--patience", "30")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {"redeem", "start facts", "start plan", "start apply", "job", "finish", "start verify"} <= lost


class _KeptUp:
    """The proxy's network comes up again soon after each cut."""

    def __init__(self, pair: Paired) -> None:
        self._pair = pair
        self._ended = False

    def __enter__(self) -> None:
        threading.Thread(target=self._run, daemon=True).start()

    def __exit__(self, *_problem: object) -> None:
        self._ended = True

    def _run(self) -> None:
        while not self._ended:
            self._pair.proxy.is_down = False
            time.sleep(0.1)


@pytest.mark.failure_points
@pytest.mark.parametrize("end", ["--resume", "--undo"])
@pytest.mark.parametrize(
    "said", ["OMniLeads applies", "The PBX applies", "The PBX applies/Writing", "The PBX applies/Reloading"]
)
def test_the_pbx_side_is_killed(pair: Paired, untouched: dict[str, Any], said: str, end: str) -> None:
    child = pair.start(pair.invite(), "--yes")
    assert child.stderr is not None
    for words in said.split("/"):
        assert any(words in line for line in child.stderr), words
    child.send_signal(signal.SIGKILL)
    child.communicate()
    _ends(pair, untouched, end)


@pytest.mark.failure_points
@pytest.mark.parametrize("step", ["step.inspect", "step.write", "step.activate"])
def test_omnileads_process_is_killed(pair: Paired, untouched: dict[str, Any], step: str) -> None:
    assert pair.join(pair.invite(), "--json").returncode == 2  # both plans; the next apply is the one to kill
    with held(pair, step) as job, pair.start("--resume", "--yes") as child:
        job.kill()
        out, err = child.communicate(timeout=240)
    assert child.returncode == 1 and "Both sides are as they were before" in out + err, out + err
    assert differs(untouched, pair.state()) == {}


def test_where_the_pbx_cannot_apply_omnileads_is_put_back_too(pair: Paired, untouched: dict[str, Any]) -> None:
    launcher = pair.hosts.pbx.module_admin
    real = launcher.read_text(encoding="utf-8")
    launcher.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")  # the vendor's own ends so, too, when it failed
    try:
        done = pair.join(pair.invite(), "--yes")
    finally:
        launcher.write_text(real, encoding="utf-8")
    assert done.returncode == 1, done.stdout + done.stderr
    if not told(done, "Both sides are as they were before"):
        assert told(done, "join --undo")
        succeeded(pair.join("--undo"))
    pair.hosts.pbx.reload()
    assert differs(untouched, pair.state()) == {}


@pytest.mark.failure_points
def test_a_second_pbx_takes_free_names_and_goes_without_touching_the_first(
    pair: Paired, pbx_database: str, tmp_path: Path
) -> None:
    """The second one is on an address that OML's host cannot reach: it is linked, and no call is proved."""
    succeeded(pair.join(pair.invite(), "--yes"))
    alone = pair.state()
    with running_asterisk(tmp_path) as asterisk:
        second = fresh_bench(asterisk, pbx_database, tmp_path)
        second.link.unlink()
        second.pbx.add_custom_extension("301", "Desk", "Local/301@test-phone/n")
        second.settle()
        before = second.snapshot()
        address = ["--pbx-address", second.pbx.params.address]
        joined = second.json("join", pair.invite(), "--yes", *address)
        assert (joined.code, joined.document["joined"], joined.document["proved"]) == (2, True, False), joined.out
        link = second.read_link()
        assert (link.name, link.omnileads.trunk) == ("omnileads2", "issabel2")
        assert {each.name for each in link.omnileads_routes} == {"pbx_internal2"}
        succeeded(pair.hosts.on_pbx("verify"))
        assert second.run("join", "--undo").code == 0
        assert difference(before, second.snapshot()) == {}
    assert differs(alone, pair.state()) == {}
    succeeded(pair.hosts.on_pbx("verify"))
