"""Deactivating: removes everything that activating added; OML is then as before."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from oml_plugin.activation.activate import migrate_back, write_scripts
from oml_plugin.activation.autoload import Place
from oml_plugin.activation.console import StepPrinter
from oml_plugin.activation.oml_django import Oml
from pbxlink.messages.errors import ApplyFailed, InvalidInput, Refused
from pbxlink.messages.findings import Finding, error, info
from pbxlink.messages.masking import shown


def deactivate(oml: Oml, place: Place, steps: StepPrinter, purge: bool, force: bool) -> list[Finding]:
    """Deactivates the plugin. Every step can be repeated, so another run completes an interrupted one. Raises
    LinkError."""
    steps.progress("activation.step_look")
    state = oml.ask("state")
    _refuse(oml, state, place, purge, force)
    if purge and (state["tables"] or state["applied"]):
        steps.progress("activation.step_purge")
        migrate_back(oml, "zero")
    steps.progress("activation.step_unpermit")
    oml.ask("drop_permissions", names=None)
    if state["static"]["root"] and state["static"]["writable"]:
        steps.progress("activation.step_unstatic")
        oml.ask("remove_static", names=None)
    remove_autoload(place, steps)
    _prove(oml, steps, state)
    kept = state["tables"] if not purge else []
    return [info("activation.tables_kept", tables=", ".join(kept))] if kept else []


def _refuse(oml: Oml, state: Mapping[str, Any], place: Place, purge: bool, force: bool) -> None:
    """Raises Refused where a link still owns something here, and where some later step could not be done: then nothing
    is taken away at all."""
    if state["owned"] and not force:
        raise Refused(error("activation.owned", names=shown(", ".join(state["owned"]), 300)))
    if purge and (state["tables"] or state["applied"]) and not state["app"]:
        raise Refused(error("activation.purge_inactive", text=state["log"] or "-"))
    if place.is_foreign:
        raise InvalidInput(error("activation.foreign", path=place.path))
    folder = place.path.parent
    if place.read() is not None and not os.access(folder, os.W_OK):  # False for root too where it is mounted read-only
        raise Refused(error("activation.cannot_remove", path=place.path, folder=folder))
    if purge and state["tables"]:
        reason = oml.ask("try_purge")["reason"]
        if reason:
            raise Refused(
                error("activation.cannot_purge", tables=", ".join(state["tables"]), reason=shown(reason, 300))
            )


def remove_autoload(place: Place, steps: StepPrinter) -> None:
    """Removes the autoload line. Raises InvalidInput."""
    steps.progress("activation.step_unload", path=place.path)
    try:
        place.write(None)
    except OSError as problem:
        raise InvalidInput(error("activation.unwritable", path=place.path, reason=problem.strerror)) from problem


def _prove(oml: Oml, steps: StepPrinter, before: Mapping[str, Any]) -> None:
    """Checks that OML starts without the plugin, and writes OML's scripts again without our URLs."""
    steps.progress("activation.step_check")
    write_scripts(oml, before)
    oml.must("check")
    oml.must("actualizar_permisos")
    now = oml.ask("state")
    if now["login"] != before["login"]:
        raise ApplyFailed(error("activation.worse", before=before["login"], now=now["login"]))
    if now["app"] or now["permissions"]:
        raise ApplyFailed(error("activation.still_there", names=", ".join(now["permissions"]) or "app"))
