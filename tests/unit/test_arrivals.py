"""The far end's test call: its tone and the caller's number, between two real Asterisks."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from pbxlink.asterisk.ami import AmiAddress
from pbxlink.console.diagnose import until
from pbxlink.diagnosis import arrivals
from pbxlink.diagnosis.arrivals import Arrival
from pbxlink.diagnosis.sights import TO_OML, TO_PBX, Sight, Step
from pbxlink.link.model import CallerId, Technology
from tests.unit.asterisks import AMI_SECRET, DID, PBX, USER, Pair, link
from tests.unit.test_walk import way

OML_WAY = {
    "direction": TO_PBX, "here": "omnileads", "there": "pbx", "technology": Technology.PJSIP, "trunk": "issabel",
    "address": PBX, "port": "5060", "number": "201",
}  # fmt: skip


def diagnosed(pair: Pair, side: str, listen: float = 0, late: float = 0) -> list[Sight]:
    asterisk = pair.pbx if side == "pbx" else pair.oml
    address = AmiAddress(asterisk.address, asterisk.ami_port, USER, AMI_SECRET)
    time.sleep(late)
    with pair.ami(side, events="call") as ami:
        own = way(number=DID) if side == "pbx" else way(**OML_WAY)
        return list(arrivals.walked(address, ami, link(), own, until(listen)))


def known(sights: Iterable[Sight], direction: str) -> dict[Step, bool | None]:
    return {each.step: each.ok for each in sights if each.direction == direction}


def test_each_side_hears_the_others_tone_and_sees_its_number_although_one_began_later(pair: Pair) -> None:
    with ThreadPoolExecutor() as pool:
        first = pool.submit(diagnosed, pair, "pbx", listen=20)
        second = pool.submit(diagnosed, pair, "oml", listen=20, late=3)
        at_pbx, at_oml = known(first.result(60), TO_PBX), known(second.result(60), TO_OML)
    assert at_pbx == at_oml == {Step.AUDIO: True, Step.CALLER: True}


def test_nobody_is_waited_for_where_nobody_was_announced(pair: Pair) -> None:
    assert known(diagnosed(pair, "oml"), TO_OML) == {Step.CALLER: None}


WHOLE = Arrival(0.0, "5550199", 80, True, True)


@pytest.mark.parametrize(
    ("found", "audio", "caller", "told"),
    [
        (WHOLE, True, True, []),
        (replace(WHOLE, tone=False), False, True, ["cause.no_tone"]),
        (replace(WHOLE, tone=None), None, True, []),
        (replace(WHOLE, caller="issabel"), True, False, ["cause.caller"]),
        (replace(WHOLE, caller=""), True, False, ["cause.caller"]),
    ],
    ids=["as sent", "silence", "packets only", "another number", "no number"],
)
def test_what_an_arrival_means(found: Arrival, audio: bool | None, caller: bool, told: list[str]) -> None:
    sights = list(arrivals.told(link(), way(), found))
    assert known(sights, TO_PBX) == {Step.AUDIO: audio, Step.CALLER: caller}
    assert [cause.code for sight in sights for cause in sight.causes] == told


def test_a_link_that_hides_callers_on_purpose_is_not_judged_by_it() -> None:
    hides = replace(link(), caller_id=CallerId.TRUNK)
    sights = list(arrivals.told(hides, way(), replace(WHOLE, caller="issabel")))
    assert known(sights, TO_PBX)[Step.CALLER] is None and not any(sight.causes for sight in sights)
