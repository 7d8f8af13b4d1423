"""Which link `join` shows, once both sides have said what they would do and whom they hear; no server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from issabel_module.commands import join_plans
from issabel_module.commands.join_plans import BothPlans
from issabel_module.commands.join_sides import Planned
from issabel_module.commands.link_places import Choices
from pbxlink.link.model import Link, Registers, Topology
from pbxlink.messages.findings import Finding, error

PBX, OML = Registers.PBX, Registers.OMNILEADS


def _made(silent: set[Registers], refused: set[Registers], choices: Choices) -> tuple[BothPlans, list[Registers]]:
    """The plans, and for which sides that register they were asked for. `refused`: with whose registration a plan has
    an error."""
    asked = []

    def propose(wanted: Choices) -> Link:
        registers = wanted.registers or Registers.NO
        return replace(Link.named("omnileads"), topology=Topology.WAN, registers=registers)

    def planned(link: Link) -> BothPlans:
        asked.append(link.registers)
        wrong: list[Finding] = [error("apply.needs_yes")] if link.registers in refused else []
        here, there = Planned((), wrong, "", OML in silent), Planned((), (), "", PBX in silent)
        return BothPlans(link, here, there)

    return join_plans.made(choices, propose, planned), asked


@pytest.mark.parametrize("side", [PBX, OML])
def test_who_is_not_heard_registers_and_that_is_told(side: Registers) -> None:
    plans, asked = _made({side}, set(), Choices())
    assert (plans.link.registers, asked) == (side, [Registers.NO, side])
    assert [each.code for each in plans.found] == [f"join.{side.value}_registers"]


def test_where_that_cannot_be_the_first_link_is_planned_again_so_that_both_sides_have_the_same() -> None:
    plans, asked = _made({PBX}, {PBX}, Choices())
    assert (plans.link.registers, asked, list(plans.found)) == (Registers.NO, [Registers.NO, PBX, Registers.NO], [])


@pytest.mark.parametrize("choices", [Choices(registers=Registers.NO), Choices(registers=OML)])
def test_what_was_chosen_stays(choices: Choices) -> None:
    plans, asked = _made({PBX}, set(), choices)
    assert (plans.link.registers, asked) == (choices.registers, [choices.registers])


def test_where_neither_hears_the_other_that_is_told_and_nobody_registers() -> None:
    plans, asked = _made({PBX, OML}, set(), Choices())
    assert asked == [Registers.NO] and [each.code for each in plans.findings] == ["join.both_silent"]
