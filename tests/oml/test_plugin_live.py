"""The app on real servers: PostgreSQL, Redis, a stream consumer and an Asterisk whose trunk leads back to itself."""

from __future__ import annotations

import json
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.oml.plugin import ALL, LINK, SECRET
from tests.stack import native
from tests.stack.asterisk import missing_asterisk, native_asterisk, prepare
from tests.stack.process import free_port
from tests.standins.oml.config import EVENT_FILTERS_2_6_3, OmlParams, write_config
from tests.standins.oml.testing import Standin, ami, consumer

EVERYTHING = """
from django.apps import apps
from ominicontacto_app.services.redis.connection import create_redis_connection
store = create_redis_connection()
found = {m._meta.label: list(m.objects.order_by('pk').values()) for m in apps.get_models()}
keys = [key for key in sorted(store.keys()) if store.type(key) == 'hash']
answer = [found, {key: store.hgetall(key) for key in keys}]
"""


@dataclass
class Stage:
    """What runs, and a folder for link file and journal."""

    standin: Standin
    params: OmlParams
    folder: Path
    database: str

    def link(self, technology: str = "pjsip", pbx_port: int = 0, **values: Any) -> None:
        """A link to itself: over pjsip both users are the same, so its own challenge is answered rightly."""
        port = self.params.transports["trunk-transport"]
        found = {
            "pbx": "127.0.0.1", "pbx_port": pbx_port or port, "port": port, "technology": technology, "secret": SECRET,
            "trunk": "issabel", "caller_id": "keep", "more": "", "routes": ALL, **values,
        }  # fmt: skip
        path = self.folder / "link.conf"
        # The two ends must not have the same address, and one name of this machine is not the other.
        path.write_text(LINK.format(**found).replace("127.0.0.2", "localhost"), encoding="utf-8")
        path.chmod(0o600)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        own = ["--link", str(self.folder / "link.conf"), "--state-dir", str(self.folder / "state"), "--lang", "en"]
        return self.standin.run_command(["pbx_link", *arguments, *own])

    def apply(self) -> None:
        done = self.run("apply", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr

    def verdicts(self) -> dict[str, dict[str, str]]:
        found = json.loads(self.run("verify", "--json").stdout)["directions"]
        return {verdict["direction"]: verdict for verdict in found}

    def shown(self, command: str) -> str:
        with ami(self.params) as session:
            return session.command(command)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    missing = missing_asterisk() or native.missing_servers()
    if missing:
        pytest.skip(missing)
    params = OmlParams(
        transports={"agent-transport": free_port(), "trunk-transport": free_port()},
        ami_port=free_port(),
        ami_event_filters=EVENT_FILTERS_2_6_3,
        unknown_seconds=1,
    )
    home = tmp_path_factory.mktemp("plugin-live")
    etc = prepare(home, lambda etc, _address, _port: write_config(etc, params), params.address)
    with ExitStack() as stack:
        database, store = stack.enter_context(native.postgres()), stack.enter_context(native.redis_server())
        stack.enter_context(native_asterisk("oml", etc, params.address, params.ami_port))
        stack.enter_context(consumer(etc, store, params))
        standin = Standin.on(database, store, params).with_plugin()
        standin.manage("migrate", "-v0")
        standin.manage("standin_seed", "--agent", "Ana Agent", "--did", "098098=ventas")
        yield Stage(standin, params, home, database)


@pytest.fixture
def stage(running: Stage) -> Iterator[Stage]:
    """The stage with nothing of the link on it, before and after."""
    running.link()
    yield running
    assert running.run("remove", "--yes").returncode == 0


def test_applied_means_that_asterisk_has_it(stage: Stage) -> None:
    assert stage.verdicts()["oml->pbx"]["state"] == "not_loaded"
    stage.apply()
    assert "issabel-oauth/omnileads" in stage.shown("pjsip show endpoint issabel")
    assert "'_91XXX' =>" in stage.shown("dialplan show oml-outr-1")
    again = stage.run("apply", "--yes")
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "All is as it should be: nothing to change")


def test_removing_leaves_every_table_and_hash_as_before(stage: Stage) -> None:
    before = stage.standin.python(EVERYTHING)
    stage.apply()
    assert stage.standin.python(EVERYTHING) != before
    done = stage.run("remove", "--yes")
    assert done.returncode == 0, done.stderr
    assert stage.standin.python(EVERYTHING) == before
    assert "Unable to find" in stage.shown("pjsip show endpoint issabel")


def test_a_new_secret_is_in_force_when_apply_returns(stage: Stage) -> None:
    stage.apply()
    stage.link(secret="rotated-secret-0123456789")
    stage.apply()
    assert "rotated-secret-0123456789" in stage.shown("pjsip show auth issabel-oauth")


def test_verify_says_authenticated_only_after_the_challenge(stage: Stage) -> None:
    stage.apply()
    found = stage.verdicts()
    assert (found["oml->pbx"]["state"], found["pbx->oml"]["state"]) == ("authenticated", "not_tried")
    assert "401" in found["oml->pbx"]["evidence"]
    stage.link(technology="sip")  # chan_sip's users differ by direction, so the trunk refuses itself
    stage.apply()
    done = stage.run("verify")
    assert done.returncode == 2 and "does NOT authenticate" in done.stdout


def test_verify_says_that_nobody_answers(stage: Stage) -> None:
    stage.link(pbx_port=free_port())
    stage.apply()
    assert stage.verdicts()["oml->pbx"]["state"] == "unreachable"


def test_two_applies_do_not_interleave(stage: Stage) -> None:
    held = psycopg2.connect(stage.database)
    held.cursor().execute("SELECT pg_advisory_lock(%s)", [zlib.crc32(b"issabel-omnileads")])
    release = threading.Timer(3, held.close)
    release.start()
    begun = time.monotonic()
    stage.apply()
    assert time.monotonic() - begun > 3
    release.join()
