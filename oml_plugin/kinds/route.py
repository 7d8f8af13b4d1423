"""Outbound routes: models `RutaSaliente`, `PatronDeDiscado`, `OrdenTroncal`.

Sources: recorded rows of a route created (b2), saved again in the GUI (c1: `orden` of patterns and trunks grows, which
is ignored) and deleted (d1). An image names its trunk (`troncal`), because a new trunk has no id yet; images that were
read have `troncal_id` too, so that an undo does not depend on names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache

from configuracion_telefonia_app.models import OrdenTroncal, PatronDeDiscado, RutaSaliente, TroncalSIP
from django.db.models import Max, Model

from oml_plugin.kinds import Found, Removed, trunk
from oml_plugin.storage import rows
from pbxlink.engine.own_cells import OwnCells, OwnRows
from pbxlink.engine.plan import Cell, Change, Image, Key, Row, covers
from pbxlink.link.model import DialPattern, Link, OmlRoute
from pbxlink.messages.errors import Refused
from pbxlink.messages.findings import Finding, Term, error, term
from pbxlink.messages.masking import listed, shown

NAME = "route"
TABLE = rows.table_of(RutaSaliente)
PATTERNS = rows.table_of(PatronDeDiscado)
TRUNKS = rows.table_of(OrdenTroncal)
_CHILDREN: tuple[tuple[str, type[Model]], ...] = ((PATTERNS, PatronDeDiscado), (TRUNKS, OrdenTroncal))
_DIALLED = ("prepend", "prefix", "match_pattern")
_RING_TIME, _DIAL_OPTIONS = "25", "Tt"
"""The guide's, on creation."""


@cache
def _own(named: frozenset[str], trunk_name: str) -> OwnCells:
    """Saving a route renumbers its patterns and trunks (c1); the order of routes, and what other trunks there are in
    one, is the users' own."""
    return OwnCells(
        {
            TABLE: OwnRows(frozenset({"id", "nombre"}) | named),
            PATTERNS: OwnRows(frozenset(_DIALLED)),
            TRUNKS: OwnRows(frozenset({"troncal"}), by="troncal", names=frozenset({trunk_name})),
        }
    )


class Route:
    """OML's outbound routes to the PBX, by name."""

    name = NAME
    own = _own(frozenset(), "")

    def read(self, names: Collection[str], owned: Mapping[str, Image], found: Found) -> dict[str, Image]:
        """See `Kind`. A route of ours that was renamed in the GUI is found by its id."""
        ids = {name: rows.one(image, TABLE).get("id") for name, image in owned.items()}
        known = {key.name: image for key, image in found.items() if key.kind == trunk.NAME}
        trunks = {rows.one(image, trunk.TABLE)["id"]: name for name, image in known.items()}
        routes = {name: _find(ids.get(name), name) for name in {*names, *ids}}
        return {name: _image(route, trunks) for name, route in routes.items() if route is not None}

    def wanted(self, link: Link, found: Found) -> dict[str, Image]:
        """The link's routes. New ones come after all others; existing ones keep their place."""
        free = (RutaSaliente.objects.aggregate(Max("orden"))["orden__max"] or 0) + 1
        images: dict[str, Image] = {}
        for route in link.omnileads_routes:
            existing = found.get(Key(NAME, route.name))
            place = rows.one(existing, TABLE).get("orden") or str(free)
            free += existing is None
            former = {key.name for key in found if key.kind == trunk.NAME} - {link.omnileads.trunk}
            images[route.name] = _wanted(route, link.omnileads.trunk, former, place, existing)
        return images

    def words(self, name: str, image: Image) -> Term:
        """See `Kind`."""
        cells = (
            (str(row.get(each) or "") for each in ("match_pattern", "prefix", "prepend")) for row in image[PATTERNS]
        )
        return term("line.route", name=name, patterns=listed([str(DialPattern(*each)) for each in cells]))

    def refusals(self, key: Key, wanted: Image, found: Image | None) -> Iterator[Finding]:
        """See `Kind`. Also what OML's page refuses but its models do not: the same prefix and pattern twice."""
        yield from rows.refusals(key, _instance(found, wanted))
        seen: set[tuple[Cell, ...]] = set()
        for row in wanted[PATTERNS]:
            yield from rows.refusals(key, rows.instance_of(PatronDeDiscado, row), ["ruta_saliente"])
            dialled = (row["prefix"], row["match_pattern"])
            if dialled in seen:
                yield error("oml.pattern_twice", key=key, pattern=shown("|".join(cell for cell in dialled if cell)))
            seen.add(dialled)

    def own_of(self, link: Link, name: str) -> OwnCells:
        """See `Kind`. Ring time and dial options are the link's only where it says them."""
        said = next((route for route in link.omnileads_routes if route.name == name), None)
        named = (("ring_time", said and said.ring_time), ("dial_options", said and said.dial_options))
        return _own(frozenset(column for column, value in named if value is not None), link.omnileads.trunk)

    def write(self, change: Change) -> None:
        """See `Kind`."""
        if change.after is None:
            _delete(RutaSaliente.objects.get(pk=_row(change.before)["id"]))
            return
        refused = list(self.refusals(change.key, change.after, change.before))
        if refused:
            raise Refused(*refused)
        route = _instance(change.before, change.after)
        route.save(force_insert=change.before is None)
        _write_children(route, change.after)

    def restore(self, change: Change) -> Removed:
        """See `Kind`."""
        if change.before is not None:
            route = rows.instance_of(RutaSaliente, _row(change.before))
            route.save()
            _write_children(route, change.before)
            return None
        made = RutaSaliente.objects.filter(nombre=_row(change.after)["nombre"]).first()
        if made is None or not covers(_image(made, {}), change.after or {}):
            return None  # not written, or changed by somebody since
        removed: Model = rows.instance_of(RutaSaliente, rows.row_of(made))
        _delete(made)
        return removed


def route_of(image: Image | None) -> RutaSaliente | None:
    """The image's route as it is in the database."""
    return RutaSaliente.objects.filter(nombre=_row(image).get("nombre")).first()


def detached(image: Image | None, identifier: object) -> RutaSaliente:
    """A route of the image's cells for OML's delete path."""
    made = rows.instance_of(RutaSaliente, _row(image))
    made.pk = identifier
    return made


def users_of(route: RutaSaliente) -> Iterator[Model]:
    """The campaigns that use the route. OML's database would delete a campaign together with its route."""
    for relation in route._meta.related_objects:
        if relation.related_model not in {PatronDeDiscado, OrdenTroncal}:
            yield from relation.related_model._base_manager.filter(**{relation.field.name: route.pk})


def dialled(row: Row) -> str:
    """The pattern of what is dialled: prefix and match together."""
    return f"{row.get('prefix') or ''}{row.get('match_pattern') or ''}"


def _delete(route: RutaSaliente) -> None:
    used = [error("oml.route_in_use", campaign=shown(user), route=route.nombre) for user in users_of(route)]
    if used:
        raise Refused(*used)
    route.delete()


def _row(image: Image | None) -> Row:
    return rows.one(image, TABLE)


def _find(identifier: str | None, name: str) -> RutaSaliente | None:
    by_id = RutaSaliente.objects.filter(pk=identifier).first() if identifier else None
    return by_id or RutaSaliente.objects.filter(nombre=name).first()


def _instance(before: Image | None, after: Image) -> RutaSaliente:
    return rows.instance_of(RutaSaliente, {**_row(before), **_row(after)})


def _image(route: RutaSaliente, trunks: Mapping[Cell, str]) -> Image:
    """`trunks`: names by id that are used in place of the trunks' present ones (ours, renamed by somebody)."""
    places = OrdenTroncal.objects.filter(ruta_saliente=route.pk).order_by("orden").select_related("troncal")
    patterns = PatronDeDiscado.objects.filter(ruta_saliente=route.pk).order_by("orden")
    return {
        TABLE: (rows.row_of(route),),
        PATTERNS: tuple(rows.row_of(pattern) for pattern in patterns),
        TRUNKS: tuple(
            {**rows.row_of(place), "troncal": trunks.get(str(place.troncal_id), place.troncal.nombre)}
            for place in places
        ),
    }


def _wanted(route: OmlRoute, trunk_name: str, former: Collection[str], place: str, existing: Image | None) -> Image:
    row: dict[str, Cell] = {
        "ring_time": _RING_TIME,
        "dial_options": _DIAL_OPTIONS,
        **rows.one(existing, TABLE),
        "nombre": route.name,
        "orden": place,
        **({"ring_time": str(route.ring_time)} if route.ring_time is not None else {}),
        **({"dial_options": route.dial_options} if route.dial_options is not None else {}),
    }
    patterns = [_pattern(pattern) for pattern in route.patterns]
    there = existing or {}
    return {
        TABLE: (rows.known(RutaSaliente, row),),
        PATTERNS: _placed(patterns, there.get(PATTERNS, ()), _DIALLED),
        TRUNKS: _with_trunk(trunk_name, former, there.get(TRUNKS, ())),
    }


def _with_trunk(name: str, former: Collection[str], there: Sequence[Row]) -> tuple[Row, ...]:
    """The route's trunks. Ours stays where it is, or takes the place of the one that it had before; where it is missing
    it comes first: the route is the link's, and what an administrator added is for when ours fails."""
    if any(row.get("troncal") == name for row in there):
        return tuple(there)
    replaced = [row for row in there if row.get("troncal") in former]
    if replaced:
        mine: Row = {"troncal": name, "orden": replaced[0].get("orden")}
        return (*(row for row in there if row not in replaced), mine)
    listed = sorted(there, key=lambda row: int(row.get("orden") or 0))
    return tuple({**row, "orden": str(place)} for place, row in enumerate([{"troncal": name}, *listed], start=1))


def _pattern(pattern: DialPattern) -> dict[str, Cell]:
    return {"prepend": pattern.prepend or None, "prefix": pattern.prefix or None, "match_pattern": pattern.match}


def _placed(wanted: Iterable[Row], there: Sequence[Row], columns: Sequence[str]) -> tuple[Row, ...]:
    """The rows with `orden` from 1 and the ids of the rows that they replace; the present rows where all are equal."""
    listed = list(wanted)

    def said(row: Row) -> list[str]:
        return [row.get(column) or "" for column in columns]

    if [said(row) for row in listed] == [said(row) for row in there]:
        return tuple(there)
    ids: list[Row] = [{name: row[name] for name in ("id", "ruta_saliente_id")} for row in there]
    return tuple(
        {**(ids[number] if number < len(ids) else {}), **row, "orden": str(number + 1)}
        for number, row in enumerate(listed)
    )


def _write_children(route: RutaSaliente, image: Image) -> None:
    for table, model in _CHILDREN:
        _replace(model, route, [_resolved(model, row) for row in image[table]])


def _resolved(model: type[Model], row: Row) -> Row:
    """The row with its trunk's id; a wanted row has only the trunk's name."""
    if model is not OrdenTroncal or row.get("troncal_id"):
        return rows.known(model, row)
    return rows.known(model, {**row, "troncal_id": str(TroncalSIP.objects.get(nombre=row["troncal"]).pk)})


def _replace(model: type[Model], route: RutaSaliente, wanted: Sequence[Row]) -> None:
    """Replaces the route's rows by these, with the ids that they have; writes nothing where they are equal."""
    there = [rows.row_of(each) for each in model._base_manager.filter(ruta_saliente=route.pk)]
    if covers({"": there}, {"": wanted}):
        return
    model._base_manager.filter(ruta_saliente=route.pk).delete()
    for row in wanted:
        rows.instance_of(model, {**row, "ruta_saliente_id": str(route.pk)}).save(force_insert=True)
