"""The app on real servers: PostgreSQL, Redis, a stream consumer and an Asterisk whose trunk leads back to itself."""

from __future__ import annotations

import json
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2
import pytest

from tests.oml.live import LiveOml, live_oml
from tests.stack.process import free_port, wait_until

EVERYTHING = """
from django.apps import apps
from ominicontacto_app.services.redis.connection import create_redis_connection
store = create_redis_connection()
found = {m._meta.label: list(m.objects.order_by('pk').values()) for m in apps.get_models()}
keys = [key for key in sorted(store.keys()) if store.type(key) == 'hash']
answer = [found, {key: store.hgetall(key) for key in keys}]
"""


@dataclass
class Stage(LiveOml):
    """The same with a link file and the command."""

    def link(self, technology: str = "pjsip", pbx_port: int = 0, **values: Any) -> None:
        path = self.folder / "link.conf"
        path.write_text(self.link_text(technology, pbx_port, **values), encoding="utf-8")
        path.chmod(0o600)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        own = ["--link", str(self.folder / "link.conf"), "--state-dir", str(self.folder / "state"), "--lang", "en"]
        return self.standin.run_command(["pbx_link", *arguments, *own])

    @contextmanager
    def hurried(self, **seconds: float) -> Iterator[None]:
        self.standin.hurry(**seconds)
        yield
        self.standin.hurry()

    def apply(self) -> None:
        done = self.run("apply", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr

    def verdicts(self) -> dict[str, dict[str, str]]:
        found = json.loads(self.run("verify", "--json").stdout)["directions"]
        return {verdict["direction"]: verdict for verdict in found}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with live_oml(tmp_path_factory.mktemp("plugin-live")) as live:
        yield Stage(**vars(live))


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
    read = "from configuracion_telefonia_app.models import RutaSaliente\nanswer = RutaSaliente.objects.get().pk"
    assert "'_91XXX' =>" in stage.shown(f"dialplan show oml-outr-{stage.standin.python(read)}")
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
    with stage.hurried(ring=3, settle=2):
        assert stage.verdicts()["oml->pbx"]["state"] == "unreachable"


def waiting(database: str) -> int:
    """How many of the server's sessions wait for a lock that another one holds."""
    with closing(psycopg2.connect(database)) as asked, asked.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        found = cursor.fetchone()
        return int(found[0]) if found else 0


def test_what_a_page_saves_while_an_apply_writes_is_not_overwritten(stage: Stage) -> None:
    """OML's pages know no lock of ours: the apply waits until the page's transaction ends, and sees what it did."""
    stage.apply()
    stage.link(routes="[[all]]\npatterns = XXXX\nring_time = 30\n")
    with closing(psycopg2.connect(stage.database)) as page, ThreadPoolExecutor(1) as pool:
        page.cursor().execute("UPDATE configuracion_telefonia_app_rutasaliente SET ring_time = 99")
        applied = pool.submit(stage.run, "apply", "--yes", "--json")
        assert wait_until(lambda: applied.done() or waiting(stage.database) > 0, timeout=60) and not applied.done()
        page.commit()
        done = applied.result(timeout=60)
    assert [each["code"] for each in json.loads(done.stdout)["findings"]] == ["plan.overtaken"]
    shown = "from configuracion_telefonia_app.models import RutaSaliente\nanswer = RutaSaliente.objects.get().ring_time"
    assert stage.standin.python(shown) == 99


def test_two_applies_do_not_interleave(stage: Stage) -> None:
    held = psycopg2.connect(stage.database)
    held.cursor().execute("SELECT pg_advisory_lock(%s)", [zlib.crc32(b"issabel-omnileads")])
    release = threading.Timer(3, held.close)
    release.start()
    begun = time.monotonic()
    stage.apply()
    assert time.monotonic() - begun > 3
    release.join()
