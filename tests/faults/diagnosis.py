"""How many causes of failing calls `diagnose` names: `python -m tests.faults.diagnosis [NAME...]`.

A link that works, on two real Asterisks on hosts of their own; one fault after the other is put into it, `diagnose`
runs on both hosts at the same time, and what both saw is joined. Prints a table and `faults N, named N`; 0 where all
were named and the healthy link was told healthy.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbxlink.diagnosis.sights import TO_OML, TO_PBX, Step
from tests.calls.__main__ import stack
from tests.calls.linked import Linked
from tests.faults.diagnosis_faults import FAULTS, Fault
from tests.faults.diagnosis_patient import Patient
from tests.faults.diagnosis_web import asking

MOST_SECONDS = 15
LISTEN_SECONDS = 6


@dataclass(frozen=True)
class Told:
    """What `diagnose` said of both sides together: the cause's code (empty: healthy), host and message.

    `arrived`: the steps that were seen to work where a test call of the other side arrived, as (direction, step).
    `seen`: every step of both sides, for a message of a test."""

    code: str
    host: str
    message: str
    seconds: float
    arrived: frozenset[tuple[str, str]] = frozenset()
    seen: tuple[str, ...] = ()


def asked(patient: Patient, number: str = "") -> Told:
    """`diagnose` on the PBX alone, which asks OML for its side."""
    begun = time.monotonic()
    output = patient.start_on_pbx(number, there=False).communicate(timeout=120)[0]
    return _told(output, time.monotonic() - begun)


def diagnosed(patient: Patient, number: str = "", listen: int = 0, there: bool = True) -> Told:
    """`diagnose` on both hosts at the same time, and both results joined. `there`: see `Patient.start_on_pbx`."""
    begun = time.monotonic()
    children = [patient.start_on_pbx(number, there, listen), patient.start_on_oml(number, listen)]
    outputs = [child.communicate(timeout=120)[0] for child in children]
    seconds = time.monotonic() - begun
    files = [_kept(patient.hosts.folder / name, text) for name, text in zip(("pbx.json", "oml.json"), outputs)]
    done = patient.hosts.on_pbx("diagnose", "--json", "--join", *files)
    assert done.returncode in (0, 2), outputs
    return _told(done.stdout, seconds)


def _told(output: str, seconds: float) -> Told:
    document: dict[str, Any] = json.loads(output)
    cause = document["cause"] or {}
    sides = document.get("diagnoses") or [document["diagnosis"], document["far"] or {"side": "", "sights": []}]
    seen = tuple(
        " ".join(map(str, (side["side"], *(sight[each] for each in ("direction", "step", "ok", "seen")))))
        for side in sides for sight in side["sights"]
    )  # fmt: skip
    return Told(cause.get("code", ""), cause.get("host", ""), cause.get("message", ""), seconds, _arrived(sides), seen)


def _arrived(sides: Sequence[dict[str, Any]]) -> frozenset[tuple[str, str]]:
    own = {"pbx": TO_PBX, "omnileads": TO_OML}
    return frozenset(
        (sight["direction"], sight["step"])
        for side in sides for sight in side["sights"] if sight["ok"] and sight["direction"] == own[side["side"]]
    )  # fmt: skip


def _kept(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def is_right(fault: Fault, told: Told) -> bool:
    """Whether the cause is the fault's, on the right host, with what is wrong in its message."""
    return told.code == fault.code and fault.host in ("", told.host) and fault.says in told.message


def tried(patient: Patient, fault: Fault) -> Told:
    """The diagnosis with the fault in the link; the fault is taken out again, and the link works."""
    with fault.put_in(patient):
        told = (
            asked(patient, fault.number) if fault.asks
            else diagnosed(patient, fault.number, LISTEN_SECONDS if fault.listens else 0)
        )  # fmt: skip
    patient.settle()
    return told


def row(name: str, told: Told, right: bool) -> str:
    """One line of the table."""
    verdict = "right" if right else "WRONG"
    slow = "" if told.seconds <= MOST_SECONDS else " SLOW"
    return f"| {name:<44} | {told.code or 'healthy':<26} | {told.host:<9} | {verdict:<5} | {told.seconds:4.1f}{slow} |"


def run(hosts: Linked, names: Sequence[str]) -> bool:
    """Tries the faults with one of these words in their name, all where none is given; whether everything was right
    and quick enough."""
    patient = Patient(hosts)
    wanted = [each for each in FAULTS if not names or any(name in each.name for name in names)]
    print(f"| {'fault':<44} | {'cause named':<26} | {'on':<9} | {'':<5} | s    |\n|---|---|---|---|---|", flush=True)
    named, is_well, loads = 0, True, [os.getloadavg()[0]]
    for fault in wanted:
        told = tried(patient, fault)
        right = is_right(fault, told)
        named += right
        print(row(fault.name, told, right), flush=True)
        if not right:
            print(f"  wanted {fault.code} on {fault.host} with {fault.says!r}; told: {told.message}", flush=True)
        is_well &= told.seconds <= MOST_SECONDS
        loads.append(os.getloadavg()[0])
    found = dict(healthy(patient))
    for name, told in found.items():
        print(row(f"none: {name}", told, not told.code), flush=True)
    print(f"load of this machine: {min(loads):.1f} to {max(loads):.1f} on {os.cpu_count()} processors")
    print(f"faults {len(wanted)}, named {named}")
    return named == len(wanted) and is_well and all(is_quick_and_healthy(told) for told in found.values())


def healthy(patient: Patient) -> Iterator[tuple[str, Told]]:
    """What is told of the link when nothing is wrong, in each way in which both sides can be diagnosed."""
    yield "both at the same time", diagnosed(patient)
    yield "each waits for the other's test call", diagnosed(patient, listen=LISTEN_SECONDS)
    with asking(patient):
        yield "the PBX asks OMniLeads", asked(patient)


HEARD_BOTH_WAYS = {(way, step.value) for way in (TO_OML, TO_PBX) for step in (Step.AUDIO, Step.CALLER)}


def is_quick_and_healthy(told: Told) -> bool:
    """Whether nothing was found, in time."""
    return not told.code and told.seconds <= MOST_SECONDS


def main() -> int:
    """See the module's docstring."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    with stack() as hosts:
        hosts.link("sip")
        return 0 if run(hosts, options.names) else 1


if __name__ == "__main__":
    sys.exit(main())
