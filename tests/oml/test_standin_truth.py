"""The stand-in's synchronisers against the records of OML 2.6.3: same rows, hashes and stream entries."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.stack.process import free_port
from tests.standins.oml.testing import Standin
from tests.standins.oml.truth import recorded

APP = "configuracion_telefonia_app_"
TABLES = ("troncalsip", "rutasaliente", "patrondediscado", "ordentroncal", "rutaentrante")
DIALPLAN = "<the whole dialplan of every outbound route, in order>"

PRELUDE = """
import json
from django.apps import apps
from django.db import transaction
from django.db.models import F
from configuracion_telefonia_app import models, regeneracion_configuracion_telefonia as sync
from ominicontacto_app.errors import OmlError
from ominicontacto_app.services.redis.connection import create_redis_connection

PREFIX = "configuracion_telefonia_app_"

def model(table):
    return apps.get_model("configuracion_telefonia_app", table[len(PREFIX):])

def write(diff, part, only=None):
    # Parents first; ids as recorded.
    for table in ("troncalsip", "rutasaliente", "patrondediscado", "ordentroncal", "rutaentrante"):
        for row in diff[part].get(PREFIX + table, []):
            if only is None or table in only:
                model(PREFIX + table)(**row).save()

def one(diff, table, part):
    return model(PREFIX + table).objects.get(pk=diff[part][PREFIX + table][0]["id"])

trunks = sync.SincronizadorDeConfiguracionTroncalSipEnAsterisk()
routes = sync.SincronizadorDeConfiguracionDeRutaSalienteEnAsterisk()
inbound = sync.SincronizadorDeConfiguracionRutaEntranteAsterisk()
"""

SNAPSHOT = """
store = create_redis_connection()
rows = {PREFIX + t: list(model(PREFIX + t).objects.order_by("pk").values()) for t in TABLES}
hashes = {k: store.hgetall(k) for k in sorted(store.keys("OML:*"))}
stream = [fields["value"] for _, fields in store.xrange("asterisk_conf_updater")]
answer = {"rows": rows, "hashes": hashes, "stream": stream}
"""

# What stood before the action, and the action, by the record's own rows. D is the record, TRUNK the row of a1.
ISSABEL = "models.TroncalSIP(**TRUNK).save(); trunks.regenerar_troncales()\n"
REDIALLED = """
for table in ("patrondediscado", "ordentroncal"):  # as the API does: free the places, then take them
    model(PREFIX + table).objects.filter(ruta_saliente_id=2).update(orden=F("orden") + 100)
write(D, "added"); routes.regenerar_asterisk(one(D, "rutasaliente", "added"))
"""
DOWN = """
try:
    ACTION
except OmlError as error:
    told = type(error).__name__
"""
STEPS: dict[str, tuple[str, str]] = {
    "a1_trunk_create": ("", "write(D, 'added'); trunks.regenerar_troncales(one(D, 'troncalsip', 'added'))"),
    "b2_route_create": (ISSABEL, "write(D, 'added'); routes.regenerar_asterisk(one(D, 'rutasaliente', 'added'))"),
    "c1_route_update_keep_ids": (
        ISSABEL + "write(D, 'removed'); routes.regenerar_asterisk()",
        REDIALLED,
    ),
    "c7_trunk_edit_rename": (
        "write(D, 'removed'); trunks.regenerar_troncales()",
        "write(D, 'added'); trunks.regenerar_troncales(one(D, 'troncalsip', 'added'))",
    ),
    "d1_route_delete": (
        ISSABEL + "write(D, 'removed'); routes.regenerar_asterisk()",
        "gone = one(D, 'rutasaliente', 'removed'); routes.eliminar_y_regenerar_asterisk(gone); gone.delete()",
    ),
    "d2_trunk2_delete": (
        ISSABEL + "write(D, 'removed'); trunks.regenerar_troncales()",
        "gone = one(D, 'troncalsip', 'removed'); trunks.eliminar_troncal_y_regenerar_asterisk(gone); gone.delete()",
    ),
    "e1_inbound_create": (
        "call_command('standin_seed', did=['1=x']); models.RutaEntrante.objects.all().delete()\n"
        "create_redis_connection().flushall()",
        "write(D, 'added'); inbound.regenerar_asterisk(one(D, 'rutaentrante', 'added'))",
    ),
}
DOWN_STEPS = {
    "h1_AMIdown_trunk_create": (
        ISSABEL,
        "with transaction.atomic():\n"
        "        new = models.TroncalSIP(nombre='tdown', text_config=DOWN_TEXT); new.save()\n"
        "        trunks.regenerar_troncales(new)",
    ),
    "h4_AMIdown_outr_create": (
        ISSABEL,
        "write(D, 'added'); routes.regenerar_asterisk(one(D, 'rutasaliente', 'added'))",
    ),
}
DOWN_TEXT = "type=wizard\r\ntransport=trunk-transport\r\nremote_hosts=10.66.0.9:5060"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file."""
    folder = tmp_path_factory.mktemp("template")
    Standin.without_servers(folder).manage("migrate", "-v0")
    return folder / "oml.sqlite"


@pytest.fixture
def standin(tmp_path: Path, template: Path) -> Standin:
    shutil.copy(template, tmp_path / "oml.sqlite")
    return Standin.without_servers(tmp_path)


def snapshot(standin: Standin, diff: dict[str, Any], code: str) -> dict[str, Any]:
    trunk = recorded("a1_trunk_create")["added"][APP + "troncalsip"][0]
    known = f"D = {diff!r}\nTRUNK = {trunk!r}\nTABLES = {TABLES!r}\nDOWN_TEXT = {DOWN_TEXT!r}\ntold = ''\n"
    imports = "from django.core.management import call_command\n"
    code = known + imports + PRELUDE + code + "\n" + SNAPSHOT + "answer['told'] = told\n"
    got: dict[str, Any] = standin.python(code)
    return got


def rows_changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    changed = {}
    for table in before["rows"]:
        old, new = before["rows"][table], after["rows"][table]
        added, removed = [r for r in new if r not in old], [r for r in old if r not in new]
        if added or removed:
            changed[table] = {"added": added, "removed": removed}
    return changed


def hashes_changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    names = sorted({*before["hashes"], *after["hashes"]})
    pairs = {name: (before["hashes"].get(name), after["hashes"].get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def entries_added(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, str]]:
    """New stream entries; the text of a dialplan, which is the vendor's own, is not compared."""
    entries = [json.loads(value) for value in after["stream"][len(before["stream"]) :]]
    for entry in entries:
        if entry["archivo"] == "oml_extensions_outr.conf":
            assert entry["content"].startswith("[oml-outr]\n")
            entry["content"] = DIALPLAN
    return entries


def assert_as_recorded(diff: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> None:
    tables = sorted({*diff["added"], *diff["removed"]})
    assert rows_changed(before, after) == {
        name: {part: diff[part].get(name, []) for part in ("added", "removed")} for name in tables
    }
    assert hashes_changed(before, after) == {name: tuple(change) for name, change in diff["hashes"].items()}
    assert entries_added(before, after) == diff["stream"]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_changes_what_was_recorded(step: str, standin: Standin) -> None:
    diff = recorded(step)
    earlier, action = STEPS[step]
    before = snapshot(standin, diff, earlier)
    assert_as_recorded(diff, before, snapshot(standin, diff, action))


@pytest.mark.parametrize("step", DOWN_STEPS)
def test_with_ami_down_the_file_goes_out_and_no_hash(step: str, standin: Standin) -> None:
    diff = recorded(step)
    earlier, action = DOWN_STEPS[step]
    before = snapshot(standin, diff, earlier)
    del standin.environment["OML_STANDIN_WITHOUT_ASTERISK"]
    standin.environment["AMI_PORT"] = str(free_port())
    after = snapshot(standin, diff, DOWN.replace("ACTION", action))
    assert after["told"] == "OmlError"
    assert_as_recorded(diff, before, after)


def test_an_agent_is_written_as_recorded(standin: Standin) -> None:
    diff = recorded("f1_agent_create")
    standin.manage("standin_seed", "--agent", "Ana Agent")
    after = snapshot(standin, {}, "")
    assert after["hashes"]["OML:AGENT:1"] == diff["hashes"]["OML:AGENT:1"][1]
    [theirs] = diff["stream"]
    ours = json.loads(after["stream"][-1])
    supervisor = theirs["content"].index("\n[1001](agents)")
    assert ours == {**theirs, "content": theirs["content"][:supervisor]}
    profile = diff["added"]["ominicontacto_app_agenteprofile"][0]
    code = "from ominicontacto_app.models import AgenteProfile as A; answer = list(A.objects.values())[0]"
    assert standin.python(code) == profile
