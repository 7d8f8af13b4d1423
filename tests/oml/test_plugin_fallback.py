"""A trunk that an administrator adds to our outbound route stays, in the order that they give it, and is no drift."""

from __future__ import annotations

from typing import Any

from tests.oml.plugin import PluginOml

ADDED = """
from configuracion_telefonia_app.models import OrdenTroncal, RutaSaliente, TroncalSIP
theirs = TroncalSIP.objects.create(nombre='provider', text_config='type=wizard')
route = RutaSaliente.objects.get(nombre='all')
OrdenTroncal.objects.create(ruta_saliente=route, troncal=theirs, orden=2)
"""
THEIRS_FIRST = """
from django.db.models import F
from configuracion_telefonia_app.models import OrdenTroncal
OrdenTroncal.objects.update(orden=F('orden') + 10)
OrdenTroncal.objects.filter(troncal__nombre='provider').update(orden=1)
"""
OURS_OUT = """
from configuracion_telefonia_app.models import OrdenTroncal
OrdenTroncal.objects.filter(troncal__nombre='issabel').delete()
"""
THEIR_ROUTE = """
from configuracion_telefonia_app.models import OrdenTroncal, RutaSaliente, TroncalSIP
route = RutaSaliente.objects.create(nombre='theirs', ring_time=20, dial_options='Tt', orden=9)
OrdenTroncal.objects.create(ruta_saliente=route, troncal=TroncalSIP.objects.get(nombre='issabel'), orden=1)
"""
PLACES = """
from configuracion_telefonia_app.models import OrdenTroncal
found = OrdenTroncal.objects.filter(ruta_saliente__nombre='all').order_by('orden').select_related('troncal')
answer = [each.troncal.nombre for each in found]
"""
MORE = "[[all]]\npatterns = XXXXXXX, 8|1XXX\n"


def found(oml: PluginOml, command: str) -> dict[str, str]:
    """Code and message of the command's findings."""
    return {each["code"]: each["message"] for each in oml.document(command)["findings"]}


def changed(oml: PluginOml) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = oml.document("plan")["changes"]
    return changes


def test_a_fallback_trunk_stays_where_it_was_put(oml: PluginOml) -> None:
    oml.apply()
    for code, places in ((ADDED, ["issabel", "provider"]), (THEIRS_FIRST, ["provider", "issabel"])):
        oml.python(code)
        assert "drift.changed" not in found(oml, "status") and changed(oml) == []
        assert oml.python(PLACES) == places
    oml.link(routes=MORE)
    assert [each["key"] for each in changed(oml)] == ["all"]
    oml.apply()
    assert oml.python(PLACES) == ["provider", "issabel"]
    oml.link(trunk="issabel2")
    oml.apply()
    assert oml.python(PLACES) == ["provider", "issabel2"]


def test_our_trunk_taken_out_of_our_route_is_drift_that_names_it_alone(oml: PluginOml) -> None:
    oml.apply()
    oml.python(ADDED)
    oml.python(OURS_OUT)
    told = found(oml, "status")["drift.changed"]
    assert "issabel" in told and "provider" not in told
    [change] = changed(oml)
    assert (change["action"], change["key"]) == ("update", "all")
    oml.apply()
    assert oml.python(PLACES) == ["issabel", "provider"]
    assert "drift.changed" not in found(oml, "status") and changed(oml) == []


def test_status_asks_for_nothing_where_nothing_is_removed(oml: PluginOml) -> None:
    """That a route of others uses our trunk stands in the way of a removal alone."""
    oml.apply()
    oml.python(THEIR_ROUTE)
    for command in ("status", "check", "plan"):
        assert "oml.trunk_in_use" not in found(oml, command), command
    assert "oml.trunk_in_use" in found(oml, "remove")
