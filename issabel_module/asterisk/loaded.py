"""Whether the running Asterisk has what the rows say: trunks with their far end, routes and extensions in the dialplan.

That something of a trunk's name is there proves nothing: it may be what was there before.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from itertools import islice

from issabel_module.asterisk import sip_drivers
from issabel_module.flavours.flavour import Flavour
from issabel_module.kinds import extension, route, trunk
from pbxlink.asterisk import dialplan
from pbxlink.asterisk.ami import Ami
from pbxlink.engine.plan import Image, Key, Row
from pbxlink.link.model import Technology

_EXTENSIONS = "ext-local"
_SAMPLE = dialplan.MANY - 1
"""Extensions that are asked for: the generator writes all of them or none."""


def questions(images: Mapping[Key, Image]) -> list[tuple[str, Mapping[str, str]]]:
    """What `not_loaded` asks, but for pjsip trunks."""
    trunks = [image["trunks"][0] for _, image in _of(images, trunk.NAME)]
    peers = [each for row in trunks for each in _peer_questions(row)]
    places = [*_contexts(images).values(), *dialplan.named(_EXTENSIONS, _sample(images))]
    return [*peers, *dialplan.questions(places)]


def _peer_questions(row: Row) -> list[tuple[str, Mapping[str, str]]]:
    return sip_drivers.peer_questions(Technology(str(row["tech"])), str(row["channelid"]))


def _contexts(images: Mapping[Key, Image]) -> dict[Key, str]:
    """The context of each route."""
    return {key: f"outrt-{image['outbound_routes'][0]['route_id']}" for key, image in _of(images, route.NAME)}


def _sample(images: Mapping[Key, Image]) -> list[str]:
    """The numbers of extensions that are asked for; no more rows are made than are looked at."""
    there = (key.name for key, image in _of(images, extension.NAME) if image.get("users"))
    return list(islice(there, _SAMPLE))


def not_loaded(ami: Ami, flavour: Flavour, images: Mapping[Key, Image]) -> Iterator[Key]:
    """Those of the resources that Asterisk does not have as their rows say. Raises SideUnavailable where it does not
    answer."""
    for key, image in images.items():
        if key.kind == trunk.NAME and not trunk.is_disabled(image) and not _has_trunk(ami, flavour, image):
            yield key
    contexts = _contexts(images)
    absent = set(dialplan.missing(ami, [*contexts.values()]))
    yield from (key for key, context in contexts.items() if context in absent)
    missing = dialplan.numbers_missing(ami, _EXTENSIONS, _sample(images))
    yield from (Key(extension.NAME, each) for each in missing)


def _of(images: Mapping[Key, Image], kind: str) -> list[tuple[Key, Image]]:
    return [(key, image) for key, image in images.items() if key.kind == kind]


def _has_trunk(ami: Ami, flavour: Flavour, image: Image) -> bool:
    row = image["trunks"][0]
    state = sip_drivers.trunk_state(ami, Technology(str(row["tech"])), str(row["channelid"]))
    if state is None:
        return False
    host, port = trunk.far_end(flavour, image)
    return _same_host(host, state.address) and (not port or not state.port.isdigit() or state.port == port)


def _same_host(wanted: str, found: str) -> bool:
    """Whether they may be the same: of a name only Asterisk knows what address it has."""
    try:
        return ipaddress.ip_address(wanted) == ipaddress.ip_address(found)
    except ValueError:
        return True
