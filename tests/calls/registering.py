"""Where one side registers with the other: the router between them, and from where it has registered."""

from __future__ import annotations

from tests.calls.linked import Linked
from tests.stack.nat import BehindNat


def router(link: Linked) -> BehindNat:
    """The router between the two."""
    network = link.pair.network
    assert isinstance(network, BehindNat)
    return network


def registered_from(link: Linked) -> str:
    """Where the side that accepts registrations has the other one."""
    if router(link).inside == "pbx":
        # A pjsip trunk of the PBX registers under its own name; what registered for another trunk is still listed.
        is_pjsip = "technology = pjsip" in (link.folder / "link.conf").read_text()
        name, shown = "omnileads" if is_pjsip else "issabel", link.oml_cli("pjsip show contacts")
    else:
        name, shown = "omnileads", link.pair.pbx.cli("sip show peers") + link.pair.pbx.cli("pjsip show contacts")
    address = router(link).outside_address
    lines = [line.strip().removeprefix("Contact:").strip() for line in shown.splitlines() if address in line]
    return address if any(line.startswith(f"{name}/") for line in lines) else ""
