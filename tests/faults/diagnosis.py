"""How many causes of failing calls `diagnose` names: `python -m tests.faults.diagnosis [--form FORM] [NAME...]`.

Links that work, of each form (`diagnosis_forms`), on two real Asterisks on hosts of their own; one fault after the
other is put into them, `diagnose` runs on both hosts at the same time, and what both saw is joined. Prints a table and
`faults N, named N`; 0 where all were named in time and each healthy link was told healthy.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbxlink.diagnosis.sights import TO_OML, TO_PBX, Step
from tests.faults.diagnosis_faults import Fault
from tests.faults.diagnosis_forms import FORMS
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
    return told.code in fault.code.split() and fault.host in ("", told.host) and fault.says in told.message


def tried(patient: Patient, fault: Fault, there: bool = True) -> Told:
    """The diagnosis with the fault in the link; the fault is taken out again, and the link works."""
    with fault.put_in(patient):
        told = (
            asked(patient, fault.number) if fault.asks
            else diagnosed(patient, fault.number, LISTEN_SECONDS if fault.listens else 0, there)
        )  # fmt: skip
    patient.settle()
    return told


def row(form: str, name: str, told: Told, right: bool) -> str:
    """One line of the table."""
    verdict = "right" if right else "WRONG"
    slow = "" if told.seconds <= MOST_SECONDS else " SLOW"
    cells = f"{form:<19} | {name:<47} | {told.code or 'healthy':<26} | {told.host:<9} | {verdict:<5}"
    return f"| {cells} | {told.seconds:4.1f}{slow} |"


@dataclass(frozen=True)
class Result:
    """Of one form: how many faults were tried and named, and whether everything was right and quick enough."""

    tried: int
    named: int
    is_well: bool


def run(form: str, names: Sequence[str], shows: bool) -> Result:
    """Tries the faults of a form with one of these words in their name, all where none is given. `shows`: all steps."""
    wanted = [each for each in FORMS[form].faults if not names or any(name in each.name for name in names)]
    with FORMS[form].opened() as hosts:
        patient = Patient(hosts)
        patient.settle()
        print("| form | fault | cause named | mended on | | s |\n|---|---|---|---|---|---|", flush=True)
        found = [_tried(form, patient, fault, shows) for fault in wanted]
        without = dict(healthy(patient, FORMS[form].there))
        for name, told in without.items():
            print(row(form, f"none: {name}", told, not told.code), flush=True)
            if told.code:
                print("\n".join([told.message, *told.seen]), flush=True)
    is_well = all(right and quick for right, quick in found) and all(map(is_quick_and_healthy, without.values()))
    return Result(len(found), sum(right for right, _ in found), is_well)


def _tried(form: str, patient: Patient, fault: Fault, shows: bool) -> tuple[bool, bool]:
    """Prints a fault's line; whether the cause was right and came in time."""
    told = tried(patient, fault, FORMS[form].there)
    right = is_right(fault, told)
    print(row(form, fault.name, told, right), flush=True)
    if not right:
        print(f"  wanted {fault.code} on {fault.host} with {fault.says!r}; told: {told.message}", flush=True)
    if not right or shows:
        print("\n".join(told.seen), flush=True)
    return right, told.seconds <= MOST_SECONDS


def healthy(patient: Patient, there: bool) -> Iterator[tuple[str, Told]]:
    """What is told of the link when nothing is wrong, in each way in which both sides can be diagnosed."""
    yield "both at the same time", diagnosed(patient, there=there)
    yield "each waits for the other's test call", diagnosed(patient, listen=LISTEN_SECONDS, there=there)
    with asking(patient):
        yield "the PBX asks OMniLeads", asked(patient)


HEARD_BOTH_WAYS = {(way, step.value) for way in (TO_OML, TO_PBX) for step in (Step.AUDIO, Step.CALLER)}


def is_quick_and_healthy(told: Told) -> bool:
    """Whether nothing was found, in time."""
    return not told.code and told.seconds <= MOST_SECONDS


def main() -> int:
    """See the module's docstring."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", help="words; only faults with one of them in their name")
    parser.add_argument("--form", action="append", choices=FORMS, help="of the link; all where none is given")
    parser.add_argument("--seen", action="store_true", help="print every step that was seen")
    options = parser.parse_args()
    results = [run(form, options.names, options.seen) for form in options.form or FORMS]
    print(f"faults {sum(each.tried for each in results)}, named {sum(each.named for each in results)}")
    return 0 if all(each.is_well for each in results) else 1


if __name__ == "__main__":
    sys.exit(main())
