"""The OML of the sweeps with a real Asterisk and the consumer that brings it the files: for a sample of the points.

Asterisk is given time to be what stream and hashes say; where it never is, the state differs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from pbxlink.asterisk import pjsip
from pbxlink.asterisk.ami import Ami, AmiAddress
from tests.demo.manager import context, sections
from tests.faults.oml_world import ROUTES_FILE, TRUNKS_FILE, OmlWorld, set_up_django
from tests.faults.world import State
from tests.stack.asterisk import native_asterisk, prepare
from tests.stack.native import postgres, redis_server, server_directory
from tests.stack.process import free_port, wait_until
from tests.standins.oml.config import EVENT_FILTERS_2_6_3, OmlParams, write_config
from tests.standins.oml.testing import consumer, environment_of

_SETTLED_SECONDS = 60.0
_LONGEST_SECONDS = 3600.0
_ROUTES = range(1, 7)
_TRUNKS = ("issabel",)
_PATTERN = re.compile(r"'(_[^']+)' =>")
Shown = Mapping[str, Any]


class RealAsterisk:
    """Asterisk as it is, in the place of an endpoint's control."""

    def __init__(self, params: OmlParams) -> None:
        self.address = AmiAddress(params.ami_host, params.ami_port, params.ami_user, params.ami_secret)

    def get(self) -> Shown:
        """Trunks with their users and passwords, routes with their patterns, and the hashes' copy in AstDB."""
        with Ami(self.address) as ami:
            found = {name: pjsip.endpoint(ami, name) for name in _TRUNKS}
            return {
                "trunks": {name: sorted(each.auths.values()) for name, each in found.items() if each},
                "routes": _patterns({number: ami.command(f"dialplan show oml-outr-{number}") for number in _ROUTES}),
                "astdb": dict(_key(line) for line in ami.command("database show OML") if line.startswith("/")),
            }


class RealOmlWorld(OmlWorld):
    """See `World`."""

    name = "omnileads on a real Asterisk"
    polls = True

    def state(self) -> State:
        """See `World`; and what Asterisk shows, as soon as it is what it should be or time is up."""
        found = super().state()
        wanted, last = _wanted(found), [self._control.get()]

        def is_settled() -> bool:
            last[0] = self._control.get()
            return last[0] == wanted

        wait_until(is_settled, _SETTLED_SECONDS)
        return {**found, "asterisk": last[0]}

    def put(self, state: State) -> None:
        """See `World`. What is to have no content any more is published empty."""
        super().put(state)
        for name in {TRUNKS_FILE, ROUTES_FILE} - set(state["files"]):
            self.publish(name, "\n")
        wanted = _wanted(state)
        assert wait_until(lambda: self._control.get() == wanted, _SETTLED_SECONDS), (wanted, self._control.get())


def _wanted(state: State) -> Shown:
    files = state["files"]
    stanzas = sections(files.get(TRUNKS_FILE, ""))
    lines = {number: list(context(files.get(ROUTES_FILE, ""), f"oml-outr-{number}")) for number in _ROUTES}
    return {
        "trunks": {name: sorted(_auths(stanzas[name])) for name in _TRUNKS if name in stanzas},
        "routes": _patterns(lines),
        "astdb": {
            f"/{key.replace(':', '/')}/{field}": value.strip()
            for key, fields in state["hashes"].items()
            for field, value in fields.items()
        },
    }


def _auths(stanza: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for direction in ("inbound", "outbound"):
        yield stanza[f"{direction}_auth/username"], stanza[f"{direction}_auth/password"]


def _patterns(shown: Mapping[int, list[str]]) -> dict[int, list[str]]:
    found = {number: sorted(set(_PATTERN.findall("\n".join(lines)))) for number, lines in shown.items()}
    return {number: patterns for number, patterns in found.items() if patterns}


def _key(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


@contextmanager
def real_oml_world() -> Iterator[RealOmlWorld]:
    """The world on servers that end with the block."""
    params = OmlParams(
        transports={"agent-transport": free_port(), "trunk-transport": free_port()},
        ami_port=free_port(),
        ami_event_filters=EVENT_FILTERS_2_6_3,
        unknown_seconds=1,
    )
    with ExitStack() as stack:
        folder = stack.enter_context(server_directory("faults"))
        etc = prepare(folder / "asterisk", lambda etc, _address, _port: write_config(etc, params), params.address)
        redis_url, postgres_url = stack.enter_context(redis_server()), stack.enter_context(postgres())
        stack.enter_context(native_asterisk("oml", etc, params.address, params.ami_port))
        stack.enter_context(consumer(etc, redis_url, params, _LONGEST_SECONDS))
        asterisk = RealAsterisk(params)
        set_up_django(environment_of(postgres_url, redis_url), asterisk.address)
        world = RealOmlWorld(folder, postgres_url, redis_url, asterisk, params.transports["trunk-transport"])
        stack.callback(world.close)
        yield world
