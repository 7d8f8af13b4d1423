"""Both sides' plans for one link, and which side registers where a NAT lets no call through to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from issabel_module.commands import link_places
from issabel_module.commands.join_sides import Planned
from issabel_module.commands.link_places import Choices
from pbxlink.link.model import Link, Registers
from pbxlink.messages.findings import Finding, errors_of, info, warning

_TOLD = {Registers.PBX: "join.pbx_registers", Registers.OMNILEADS: "join.omnileads_registers"}


@dataclass(frozen=True)
class BothPlans:
    """The plans of `link` on the PBX (`here`) and on OML; `found`: what was found out for the link."""

    link: Link
    here: Planned
    there: Planned
    found: Sequence[Finding] = ()

    @property
    def silent(self) -> frozenset[Registers]:
        """Whose SIP port does not answer the other side."""
        told = ((Registers.OMNILEADS, self.here), (Registers.PBX, self.there))
        return frozenset(side for side, plan in told if plan.is_far_end_silent)

    @property
    def findings(self) -> list[Finding]:
        """Those of both plans, and what only both together tell."""
        found = [*self.here.findings, *self.there.findings]
        return [*found, warning("join.both_silent")] if len(self.silent) > 1 else found


def made(choices: Choices, propose: Callable[[Choices], Link], planned: Callable[[Link], BothPlans]) -> BothPlans:
    """The plans of the link that is proposed for these choices. A side that turns out to be behind a NAT which lets no
    call through registers with the other one, if nothing stands in the way of that."""
    plans = planned(propose(choices))
    side = link_places.who_registers(plans.link, choices, plans.silent)
    if side is Registers.NO:
        return plans
    registered = planned(propose(replace(choices, registers=side)))
    if not errors_of(registered.findings):
        return replace(registered, found=[info(_TOLD[side])])
    return planned(plans.link)  # OML applies the link that it planned last
