"""The whole stack, ending in real calls both ways. Run by `tests/calls/run`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import redis

from tests.calls.linked import DID, PHONE, PSTN_NUMBER, Linked, challenged_and_answered, linked, oml_writer, succeeded
from tests.stack import native, network
from tests.stack.asterisk import AsteriskPair, missing_asterisk, native_pair
from tests.stack.fixtures import temporary_postgres
from tests.standins.pbx.config import pbx_writer
from tests.standins.pbx.rig import temporary_database

OpenPair = Callable[[], AbstractContextManager[AsteriskPair]]
"""Opens both Asterisks."""


def main() -> int:
    """Links two hosts by each channel driver and calls; 0 where every call was authenticated and answered, and where
    this machine has no place for two hosts."""
    missing = native.missing_servers() or missing_asterisk() or network.unavailable()
    if missing:
        print(f"Skipped, no call was placed: {missing}.")
        print("The calls need root on a Debian 12, with the right to make network namespaces.")
        return 0
    with stack() as hosts:
        done = [_called(hosts, technology) for technology in ("sip", "pjsip")]
    print("\nAll calls were authenticated and answered." if all(done) else "\nSome calls failed.")
    return 0 if all(done) else 1


@contextmanager
def stack(
    open_pair: OpenPair = lambda: native_pair(pbx_writer(), oml_writer()), **pbx: Any
) -> Iterator[Linked]:  # fmt: skip
    """Every server, and two hosts on a private network that goes with the block. `pbx`: as in `linked`."""
    with ExitStack() as open_things:
        enter = open_things.enter_context
        folder = Path(enter(tempfile.TemporaryDirectory(prefix="issabel-omnileads-")))
        servers = enter(native.all_servers())
        with redis.Redis.from_url(servers.redis_url) as client:
            client.flushall()
        pair = enter(open_pair())
        pbx_url = enter(temporary_database(servers.mariadb_url)).render_as_string(hide_password=False)
        oml_url = enter(temporary_postgres(servers))
        print(f"Asterisk of the PBX: {pair.pbx.address}; of OMniLeads: {pair.oml.address}")
        yield enter(linked(pair, pbx_url, oml_url, servers.redis_url, folder, **pbx))


def _called(hosts: Linked, technology: str) -> bool:
    print(f"\n=== trunk of the PBX: {technology}")
    hosts.link(technology)
    done = [
        _told(hosts, f"PBX extension 201 -> DID {DID}", lambda: hosts.pbx.originate(DID)),
        _told(hosts, "PBX extension 201 -> agent 10021", lambda: hosts.pbx.originate("10021")),
        _told(hosts, f"OMniLeads agent 1002 -> PBX extension {PHONE}", lambda: hosts.call_from_oml(PHONE)),
        _told(hosts, f"OMniLeads agent 1002 -> PSTN {PSTN_NUMBER}, by the PBX", _pstn(hosts)),
    ]
    print(f"   OMniLeads saw {hosts.oml_saw(DID)}; the PBX's telephone saw {hosts.pbx.seen(PHONE)['num']}")
    print("pbx# issabel-omnileads verify\n" + succeeded(hosts.on_pbx("verify")), end="")
    print("oml# manage.py pbx_link verify\n" + succeeded(hosts.on_oml("verify")), end="")
    hosts.unlink()
    return all(done)


def _pstn(hosts: Linked) -> Callable[[], Mapping[str, str]]:
    return lambda: hosts.call_from_oml(PSTN_NUMBER)


def _told(hosts: Linked, what: str, call: Callable[[], Mapping[str, str]]) -> bool:
    with hosts.sip_of_oml() as messages:
        answered = call()["Response"] == "Success"
    authenticated = challenged_and_answered(messages)
    heard = "answered" if answered else "NOT answered"
    print(f"   {what}: {heard}, {'401 met and answered' if authenticated else 'NO challenge answered'}", flush=True)
    return answered and authenticated


if __name__ == "__main__":
    sys.exit(main())
