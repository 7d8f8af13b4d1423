"""An OML on real servers: PostgreSQL, Redis, a stream consumer, and an Asterisk whose trunk leads back to itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.oml.plugin import ALL, LINK, SECRET
from tests.stack import native
from tests.stack.asterisk import missing_asterisk, native_asterisk, prepare
from tests.stack.process import free_port
from tests.standins.oml.config import EVENT_FILTERS_2_6_3, OmlParams, write_config
from tests.standins.oml.testing import Standin, ami, consumer


@dataclass
class LiveOml:
    """What runs, and a folder for link file and journal."""

    standin: Standin
    params: OmlParams
    folder: Path
    database: str

    def link_text(self, technology: str = "pjsip", pbx_port: int = 0, **values: Any) -> str:
        """A link to itself: over pjsip both users are the same, so its own challenge is answered rightly."""
        port = self.params.transports["trunk-transport"]
        found = {
            "pbx": "127.0.0.1", "pbx_port": pbx_port or port, "port": port, "technology": technology, "secret": SECRET,
            "trunk": "issabel", "caller_id": "keep", "more": "", "routes": ALL, **values,
        }  # fmt: skip
        # The two ends must not have the same address, and one name of this machine is not the other.
        return LINK.format(**found).replace("127.0.0.2", "localhost")

    def shown(self, command: str) -> str:
        """What Asterisk answers to a command of its console."""
        with ami(self.params) as session:
            return session.command(command)


@contextmanager
def live_oml(home: Path) -> Iterator[LiveOml]:
    """All of it running, with an agent and an inbound route. Skips where a server is missing."""
    missing = missing_asterisk() or native.missing_servers()
    if missing:
        pytest.skip(missing)
    params = OmlParams(
        transports={"agent-transport": free_port(), "trunk-transport": free_port()},
        ami_port=free_port(),
        ami_event_filters=EVENT_FILTERS_2_6_3,
        unknown_seconds=1,
    )
    etc = prepare(home, lambda etc, _address, _port: write_config(etc, params), params.address)
    with ExitStack() as stack:
        database, store = stack.enter_context(native.postgres()), stack.enter_context(native.redis_server())
        stack.enter_context(native_asterisk("oml", etc, params.address, params.ami_port))
        stack.enter_context(consumer(etc, store, params))
        standin = Standin.on(database, store, params).with_plugin()
        standin.manage("migrate", "-v0")
        standin.manage("standin_seed", "--agent", "Ana Agent", "--did", "098098=ventas")
        yield LiveOml(standin, params, home, database)
