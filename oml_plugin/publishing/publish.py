"""Publishes the trunks and routes of a plan: those that exist after it, and those that are gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from configuracion_telefonia_app.models import RutaSaliente, TroncalSIP
from django.db.models import Model

from oml_plugin.kinds import dialplan, route, trunk
from oml_plugin.publishing import synchronise
from oml_plugin.storage import rows
from pbxlink.engine.plan import Change, Image, Key, Plan, Row


@dataclass(frozen=True)
class Published:
    """What Asterisk must show after the plan, and what it must no longer show."""

    trunks: tuple[TroncalSIP, ...]
    routes: tuple[RutaSaliente, ...]
    trunk_names_gone: tuple[str, ...]
    route_ids_gone: tuple[int, ...]
    dialplans: tuple[Row, ...] = ()
    dialplans_gone: tuple[Row, ...] = ()


def publish(plan: Plan, removed: Mapping[Key, Model], reload: synchronise.Reload) -> Published:
    """Runs the synchronisers for the plan's changes. `removed`: rows that a restore deleted, with their ids.

    Where the trunk is deleted, its routes go first; otherwise the trunk comes first. Raises ApplyFailed.
    """
    trunks, routes = _of_kind(plan, trunk.NAME), _of_kind(plan, route.NAME)
    kept_trunks = [found for each in trunks if (found := trunk.trunk_of(each.after))]
    kept_routes = [found for each in routes if (found := route.route_of(each.after))]
    gone_trunks = [*_gone_trunks(trunks, removed), *_turned(trunks)]
    gone_routes = [route.detached(each.before, _id_of(each, removed)) for each in routes if each.after is None]
    steps: list[Any] = [
        lambda: synchronise.trunks(kept_trunks, gone_trunks, reload),
        lambda: synchronise.routes(kept_routes, gone_routes, reload),
    ]
    for step in steps if kept_trunks else reversed(steps):
        step()
    dialplans = _of_kind(plan, dialplan.NAME)
    if dialplans:
        synchronise.dialplan(reload)
    names = {str(found.nombre) for found in kept_trunks}
    return Published(
        tuple(kept_trunks),
        tuple(kept_routes),
        tuple(name for name in _names_before(trunks) if name not in names),
        tuple(int(each.pk) for each in gone_routes),
        tuple(rows.one(each.after, dialplan.TABLE) for each in dialplans if each.after),
        tuple(rows.one(each.before, dialplan.TABLE) for each in dialplans if each.before and not each.after),
    )


def _of_kind(plan: Plan, kind: str) -> list[Change]:
    """The changes of this kind; not those of resources that somebody had deleted already."""
    return [each for each in plan.writes if each.key.kind == kind and (each.before or each.after)]


def _gone_trunks(changes: list[Change], removed: Mapping[Key, Model]) -> Iterator[TroncalSIP]:
    for each in changes:
        if each.after is None:
            yield trunk.detached(each.before, _id_of(each, removed))


def _turned(changes: list[Change]) -> Iterator[TroncalSIP]:
    """Trunks as they were before their technology changed: the old technology's file must lose their stanza."""
    for each in changes:
        if each.before and each.after and _technology(each.before) != _technology(each.after):
            yield trunk.detached(each.before, synchronise.NO_ID)


def _id_of(change: Change, removed: Mapping[Key, Model]) -> object:
    table = trunk.TABLE if change.key.kind == trunk.NAME else route.TABLE
    known = rows.one(change.before, table).get("id")
    made = removed.get(change.key)
    return int(known) if known else made.pk if made else synchronise.LOST_ID


def _technology(image: Image) -> str | None:
    return rows.one(image, trunk.TABLE).get("tecnologia")


def _names_before(changes: list[Change]) -> Iterator[str]:
    befores: Iterator[Row] = (rows.one(each.before, trunk.TABLE) for each in changes if each.before)
    return (str(row["nombre"]) for row in befores)
