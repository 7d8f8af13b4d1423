"""`manage.py pbx_link look`, started by the page: asks OML's Asterisk for transports and the links' trunks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from oml_plugin import settings
from oml_plugin.side import connect
from oml_plugin.storage import saved_links, seen_state
from oml_plugin.storage.seen_state import Seen, Told, Trunk
from pbxlink.asterisk import pjsip
from pbxlink.asterisk.ami import Ami
from pbxlink.console.commands import DONE
from pbxlink.link.model import Link, Signalling
from pbxlink.messages.errors import LinkError, SideUnavailable
from pbxlink.messages.findings import error

NAME = "look"
_AMI_SECONDS = 5.0


def run(state: Path) -> int:
    """Asks, and writes for the page what there is, or why there is nothing. Raises OSError."""
    begun = time.time()
    try:
        seen = look(begun, list(_links()))
    except LinkError as problem:
        seen = Seen(begun, findings=seen_state.told(problem.findings))
    seen_state.write(state, seen)
    return DONE


def _links() -> Iterator[Link]:
    for name in saved_links.names():
        with suppress(LinkError):  # a code that is no longer valid: its own page says so
            yield saved_links.read(name).link


def look(begun: float, links: list[Link]) -> Seen:
    """What Asterisk has of these links. Raises SideUnavailable."""
    address = settings.read().ami
    if address is None:
        raise SideUnavailable(error("oml.no_ami"))
    with Ami(address, timeout=_AMI_SECONDS) as ami:
        bound = [pjsip.bindings(ami, each) for each in Signalling]
        transports = pjsip.from_outside({name: place for found in bound for name, place in found.items()})
        names = sorted({link.omnileads.trunk for link in links})
        found = {name: pjsip.endpoint(ami, name) for name in names}
    trunks = {name: Trunk(each.contact, each.status) for name, each in found.items() if each}
    return Seen(begun, transports, trunks, {link.name: _unpublished(link) for link in links})


def _unpublished(link: Link) -> list[Told]:
    with suppress(LinkError):  # of the database: the page reads the same and says so
        return seen_state.told(connect(link).inspect(link, removing=True).unpublished.values())
    return []
