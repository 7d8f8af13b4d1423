"""Releases of OML that are made otherwise: by Python and Django, OML 3's branch, and those that are too old."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.oml import oml_python
from tests.oml.plugin import PluginOml
from tests.standins.oml.testing import HERE, REPO, Standin

REDIS = """
from ominicontacto_app.services.redis.connection import create_redis_connection
store = create_redis_connection()
answer = [{k: store.hgetall(k) for k in store.keys('OML:OUTR:*') if store.type(k) == 'hash'},
          store.zrange('OML:OUTR:INDEX', 0, -1, withscores=True)]
"""
LOSE_HASHES = """
import ominicontacto_app.services.asterisk.redis_database as r
{}.regenerar_family = lambda self, row: None
from django.core.management import call_command
try:
    call_command('pbx_link', 'apply', '--yes', '--link', {!r}, '--state-dir', {!r}, '--lang', 'en')
except SystemExit as done:
    answer = done.code
"""


@pytest.fixture
def oml3(oml: PluginOml) -> PluginOml:
    """The same with OML 3's shape; nothing answers AMI."""
    oml.standin.environment["OML_STANDIN_SHAPE"] = "3"
    oml.standin.environment["AMI_PORT"] = "1"
    return oml


def test_trunk_and_route_are_applied_and_proved_by_redis_alone(oml3: PluginOml) -> None:
    begun = time.monotonic()
    done = oml3.document("apply", "--yes")
    assert done["exit"] == 0, done
    assert {"oml.unchecked", "oml.not_proved"} <= {finding["code"] for finding in done["findings"]}
    hashes, index = oml3.python(REDIS)
    [(key, route)] = hashes.items()
    assert (route["NAME"], route["DP-1-MATCH"], route["DP-3-PREFIX"]) == ("all", "XXXXXXX", "9")
    assert index == [[key.rpartition(":")[2], 1.0]]
    assert oml3.document("apply", "--yes")["changes"] == []
    assert time.monotonic() - begun < 60, "nothing waits for a context that cannot come"


def test_it_is_taken_away(oml3: PluginOml) -> None:
    before = oml3.state()
    oml3.apply()
    assert oml3.run("remove", "--yes").returncode == 0
    after = oml3.state()
    assert {**after, "stream": []} == {**before, "stream": []} and oml3.python(REDIS) == [{}, []]


@pytest.mark.parametrize("family", ["r.TrunkFamily", "r.RutaSalienteFamily"])
def test_what_redis_does_not_have_is_undone(oml3: PluginOml, family: str) -> None:
    link, state = str(oml3.link()), str(oml3.folder / "state")
    assert oml3.python(LOSE_HASHES.format(family, link, state)) == 1
    assert oml3.state()["rows"] == {table: [] for table in oml3.state()["rows"]} and oml3.journals == []


def test_the_dialplan_part_is_told_to_be_impossible(oml3: PluginOml) -> None:
    oml3.link(more="[dialplan]\nagents = yes")
    before = oml3.state()
    done = oml3.document("apply", "--yes")
    assert done["exit"] == 1 and "oml.dialplan_unsupported" in {finding["code"] for finding in done["findings"]}
    assert oml3.state() == before


def test_verify_says_that_it_cannot_be_tried_from_there(oml3: PluginOml) -> None:
    oml3.apply()
    done = oml3.run("verify")
    assert done.returncode == 1 and "no way to ask Asterisk" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("python", "django", "shape"), [("3.10", "4.2", ""), ("3.12", "5.2", ""), ("3.13", "6.0", ""), ("3.12", "6.0", "3")]
)
def test_a_link_comes_and_goes_on_every_django(oml: PluginOml, python: str, django: str, shape: str) -> None:
    oml.standin.python_path = str(oml_python.with_django(python, django))
    oml.standin.environment["OML_STANDIN_SHAPE"] = shape
    oml.standin.manage("migrate", "-v0")
    oml.link(more="" if shape else "[dialplan]\nagents = yes")
    assert oml.python("import django; answer = django.get_version()").startswith(f"{django}.") or django == "6.0"
    oml.apply()
    assert oml.document("plan")["changes"] == []
    assert oml.run("remove", "--yes").returncode == 0
    assert not any(oml.state()["rows"].values())


def test_an_oml_that_is_too_old_is_refused_in_words_and_nothing_is_written(tmp_path: Path) -> None:
    python = oml_python.with_django("3.9", "2.2")
    own = Standin.without_servers(tmp_path).environment
    environment = {**os.environ, **own, "PYTHONPATH": f"{HERE}:{REPO}", "LANG": "C.UTF-8"}
    command = [str(python), "-m", "oml_plugin.activation", "activate", "--lang", "en", "--project", str(HERE)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=HERE, timeout=120)
    said = done.stdout + done.stderr
    assert done.returncode == 1 and "Django 2.2" in said and "from 1.28 on" in said, said
    assert "Upgrade OMniLeads" in said and "code --wizard" in said
    assert not list(oml_python.site_packages(python.parents[1], "3.9").glob("issabel_omnileads*"))
