"""What fails ends as before: rows, hashes, and what the stream says last."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.oml.plugin import FOREIGN, ROUTES_FILE, TRUNKS_FILE, PluginOml
from tests.stack.process import free_port

OTHER = "[[all]]\npatterns = 9|XXXX\n[[second]]\npatterns = 8XXX\n"
PRELUDE = """
import json
from pathlib import Path
from oml_plugin.side import connect
from pbxlink.link import link_file
from pbxlink.engine.engine import Engine
from pbxlink.messages.errors import LinkError
from pbxlink.engine.journal import Journal, Stage
link = link_file.read(Path({link!r}))
side = connect(link)
journal = Journal(Path({state!r}) / "journal", side.name, link.name)
engine = Engine(side, journal)
"""


@pytest.fixture
def applied(oml: PluginOml) -> Iterator[tuple[PluginOml, dict[str, Any]]]:
    """An applied link among things of others, changed since in the link file only; and the state before."""
    oml.python(FOREIGN)
    oml.apply()
    before = oml.settled()
    oml.link(routes=OTHER, secret="changed-secret-0123456789")
    yield oml, before


def prelude(oml: PluginOml) -> str:
    return PRELUDE.format(link=str(oml.folder / "link.conf"), state=str(oml.folder / "state"))


def test_without_ami_nothing_is_begun(applied: tuple[PluginOml, dict[str, Any]]) -> None:
    oml, before = applied
    oml.standin.environment["AMI_PORT"] = str(free_port())
    done = oml.document("apply", "--yes")
    assert (done["exit"], [f["code"] for f in done["findings"]]) == (1, ["ami.unreachable"])
    assert oml.settled() == before


def test_without_redis_nothing_is_begun(applied: tuple[PluginOml, dict[str, Any]]) -> None:
    oml, before = applied
    store = oml.standin.environment.pop("OML_STANDIN_REDIS_FILE")
    oml.standin.environment["REDIS_PORT"] = port = str(free_port())
    done = oml.run("apply", "--yes")
    assert done.returncode == 1 and f"Redis does not answer at 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr
    oml.standin.environment["OML_STANDIN_REDIS_FILE"] = store
    assert oml.settled() == before


def test_a_hanging_asterisk_is_told_in_time(applied: tuple[PluginOml, dict[str, Any]]) -> None:
    oml, before = applied
    oml.asterisk.hang_after_reloads = 0
    begun = time.monotonic()
    done = oml.document("apply", "--yes")
    assert (done["exit"], [f["code"] for f in done["findings"]]) == (1, ["ami.gone"])
    assert time.monotonic() - begun < 45  # it hangs for 60 s; a busy machine takes its time for the rest
    assert oml.settled() == before


def test_an_asterisk_that_hangs_half_way_is_given_up_and_all_put_back(
    applied: tuple[PluginOml, dict[str, Any]],
) -> None:
    """The trunk is published, hash and all, when the routes' reload hangs; the undo needs no Asterisk."""
    oml, before = applied
    oml.asterisk.hang_after_reloads = oml.asterisk.reloads + 1
    oml.standin.hurry(reload=2, ami=2)
    entries = len(oml.state()["stream"])
    begun = time.monotonic()
    done = oml.document("apply", "--yes")
    assert (done["exit"], [f["code"] for f in done["findings"]]) == (1, ["ami.gone", "apply.restored"])
    assert time.monotonic() - begun < 30
    after = oml.state()
    assert [e["archivo"] for e in after["stream"][entries:]] == [TRUNKS_FILE, ROUTES_FILE] * 2
    assert oml.settled() == before and oml.journals == []


def test_files_that_never_reach_asterisk_are_an_error_and_undone(oml: PluginOml) -> None:
    oml.python(FOREIGN)
    before = oml.settled()
    oml.asterisk.behind = True
    oml.standin.hurry(proof=2)
    done = oml.document("apply", "--yes")
    assert [f["code"] for f in done["findings"]] == ["oml.not_loaded", "oml.route_not_loaded", "apply.restored"]
    assert oml.settled() == before and oml.journals == []


def test_a_redis_that_goes_half_way_leaves_the_journal_to_finish(applied: tuple[PluginOml, dict[str, Any]]) -> None:
    oml, before = applied
    told = oml.python(
        prelude(oml)
        + """
from ominicontacto_app.services.redis import redis_streams
import redis
from oml_plugin.publishing import redis_ping
from pbxlink.messages.errors import SideUnavailable
from pbxlink.messages.findings import error
def down(*args, **options): raise redis.ConnectionError("gone")
write = side.write
def breaking(*plan):
    write(*plan)
    redis_streams.RedisStreams.write_stream = down
    redis_ping.require = lambda settings: (_ for _ in ()).throw(SideUnavailable(error("oml.redis", host="h", port=1)))
side.write = breaking
try:
    engine.apply(link)
except LinkError as problem:
    answer = [type(problem).__name__, [f.code for f in problem.findings]]
"""
    )
    assert told == ["NotRestored", ["oml.sync_failed", "oml.redis", "apply.not_restored"]]
    assert oml.settled()["rows"] == before["rows"]
    assert len(oml.journals) == 1
    oml.link()
    assert oml.run("apply", "--yes").returncode == 0
    assert oml.settled() == before and oml.journals == []


CRASHES = {
    "planned": "journal.open(plan)",
    "committed": "journal.open(plan); side.write(plan)",
    "written": "journal.open(plan); side.write(plan); journal.reached(Stage.WRITTEN)",
    "published": "journal.open(plan); side.write(plan); journal.reached(Stage.WRITTEN); side.activate(plan)",
    "restored": "journal.open(plan); side.write(plan); journal.reached(Stage.WRITTEN); side.activate(plan); "
    "side.restore(plan)",
}


@pytest.mark.failure_points
@pytest.mark.parametrize("stage", CRASHES)
@pytest.mark.parametrize("step", ["create", "update", "delete"])
def test_a_run_that_died_is_undone_by_the_next(oml: PluginOml, step: str, stage: str) -> None:
    oml.python(FOREIGN)
    if step != "create":
        oml.apply()
        oml.link(routes=OTHER, secret="changed-secret-0123456789")
    before = oml.settled()
    removing = step == "delete"
    oml.python(prelude(oml) + f"plan = engine.plan(link, {removing}).plan; assert plan.writes; {CRASHES[stage]}")
    assert len(oml.journals) == 1
    oml.python(prelude(oml) + "\nwith side.lock(): engine.recover(link)")
    assert oml.journals == [] and oml.settled() == {**before, "stream": oml.settled()["stream"]}
    last = oml.settled()["stream"]
    assert {name: last[name] for name in before["stream"]} == before["stream"]


def test_a_trunk_that_a_person_made_since_survives_a_recovery(oml: PluginOml) -> None:
    oml.python(prelude(oml) + "journal.open(engine.plan(link).plan)")
    oml.python(
        "from configuracion_telefonia_app.models import TroncalSIP as T\n"
        "T.objects.create(nombre='issabel', text_config='type=wizard')"
    )
    oml.python(prelude(oml) + "\nwith side.lock(): engine.recover(link)")
    assert [trunk["text_config"] for trunk in oml.state()["rows"]["troncalsip"]] == ["type=wizard"]


def test_rows_are_written_all_or_none(oml: PluginOml) -> None:
    """A place in the order of routes that somebody takes between plan and write."""
    before = oml.settled()
    told = oml.python(
        prelude(oml)
        + """
from configuracion_telefonia_app.models import RutaSaliente
write = side.write
def late(*plan):
    taken = RutaSaliente.objects.create(nombre='quick')
    try:
        write(*plan)
    finally:
        taken.delete()
side.write = late
try:
    engine.apply(link)
except LinkError as problem:
    answer = [type(problem).__name__, [f.code for f in problem.findings]]
"""
    )
    assert told == ["ApplyFailed", ["oml.refused", "apply.restored"]]
    assert oml.settled() == before


@pytest.mark.parametrize("saved", ["text_config='by hand'", "nombre='renamed'"])
def test_what_a_page_saved_since_the_plan_was_read_is_neither_overwritten_nor_put_back(
    applied: tuple[PluginOml, dict[str, Any]], saved: str
) -> None:
    """The operator is still reading the plan."""
    oml, before = applied
    told = oml.python(
        prelude(oml)
        + f"""
from configuracion_telefonia_app.models import TroncalSIP
def agreed(outcome):
    TroncalSIP.objects.filter(nombre='issabel').update({saved})
    return True
try:
    engine.apply(link, agreed=agreed)
except LinkError as problem:
    answer = [type(problem).__name__, [f.code for f in problem.findings]]
"""
    )
    assert told == ["Overtaken", ["plan.overtaken"]]
    name, _, value = saved.replace("'", "").partition("=")
    now = oml.settled()
    assert [row[name] for row in now["rows"]["troncalsip"]] == ["theirs" if name == "nombre" else
            before["rows"]["troncalsip"][0][name], value]  # fmt: skip
    assert {**now, "rows": before["rows"]} == before and oml.journals == []


def test_a_trunk_that_a_page_made_since_the_plan_was_read_stays(oml: PluginOml) -> None:
    told = oml.python(
        prelude(oml)
        + """
from configuracion_telefonia_app.models import TroncalSIP
try:
    engine.apply(link, agreed=lambda outcome: bool(TroncalSIP.objects.create(nombre='issabel', text_config='x=y')))
except LinkError as problem:
    answer = [f.code for f in problem.findings]
"""
    )
    assert told == ["plan.overtaken"]
    assert [row["text_config"] for row in oml.state()["rows"]["troncalsip"]] == ["x=y"] and oml.journals == []


def test_a_campaign_that_takes_the_route_meanwhile_is_not_deleted_with_it(oml: PluginOml) -> None:
    """OML's database would delete the campaign in cascade."""
    oml.apply()
    told = oml.python(
        prelude(oml)
        + """
from configuracion_telefonia_app.models import RutaSaliente
from ominicontacto_app.models import Campana, User
write = side.write
def late(*plan):
    user = User.objects.create(username='u')
    Campana.objects.create(nombre='sales', type=Campana.TYPE_MANUAL, reported_by=user, outr=RutaSaliente.objects.get())
    write(*plan)
side.write = late
try:
    engine.apply(link, removing=True)
except LinkError as problem:
    answer = [[f.code for f in problem.findings], Campana.objects.count(), RutaSaliente.objects.count()]
"""
    )
    assert told == [["oml.route_in_use", "apply.restored"], 1, 1]


def test_an_error_of_the_database_is_told_without_its_rows(oml: PluginOml) -> None:
    oml.standin.environment["OML_STANDIN_SQLITE"] = str(oml.folder)
    for command in (["plan"], ["directory"], ["status", "--json"]):
        done = oml.run(*command)
        assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    assert json.loads(done.stdout)["findings"][0]["code"] == "oml.database"


@pytest.mark.parametrize("command", ["plan", "directory", "apply"])
def test_a_command_that_nobody_reads_comes_to_its_end(oml: PluginOml, command: str) -> None:
    """As with `manage.py pbx_link plan | true`."""
    oml.link()
    own = ["--state-dir", str(oml.folder / "state"), "--link", str(oml.folder / "link.conf")]
    with oml.standin.start(["pbx_link", command, *own, *(["--yes"] if command == "apply" else [])]) as child:
        assert child.stdout
        child.stdout.close()
        assert child.wait(60) == (2 if command == "plan" else 0)


def test_the_lock_is_waited_for_and_given_up(oml: PluginOml) -> None:
    told = oml.python("""
from pathlib import Path
import tempfile
from oml_plugin.storage.database_lock import lock
from pbxlink.engine import locking
from pbxlink.messages.errors import Refused
from django.db import connection
with lock():
    try:
        with locking.file_lock(Path(connection.settings_dict['NAME'] + '.lock'), 0.3): answer = 'both'
    except Refused as problem:
        answer = problem.findings[0].code
with lock(): pass
""")
    assert told == "lock.held"
