"""extensions_additional.conf: all contexts, and the order of their includes that decides which number wins."""

from __future__ import annotations

from pathlib import Path

from . import extensions, features, groups, routes
from .context import Context
from .extensions import Dials
from .tables import Tables

_SUBROUTINES = Path(__file__).with_name("subroutines.conf")


def extensions_conf(tables: Tables, dials: Dials) -> str:
    """`dials`: device id -> AstDB DEVICE/<id>/dial."""
    first = features.feature_contexts(tables)
    injections = groups.injections(tables)
    numbered = [
        Context("parkedcalls"),
        groups.ext_queues(tables),
        injections[0],
        groups.ext_group(tables),
        groups.vmblast_grp(tables),
        groups.ext_meetme(tables),
        extensions.ext_findmefollow(tables),
        extensions.ext_local(tables, dials),
    ]
    paging, outbound = groups.ext_paging(tables), routes.route_contexts(tables)
    order = [context.name for context in (*first, *numbered)] + ["outbound-allroutes"]
    others = [
        *injections[1:],
        *groups.ivrs(tables),
        *groups.announcements(tables),
        groups.ext_miscdests(tables),
        *extensions.inbound(tables),
    ]
    contexts = [
        *_entries(order),
        paging,
        *first,
        *numbered[1:],
        *others,
        *outbound,
        *routes.trunk_contexts(tables),
    ]
    text = "\n".join(context.text() for context in contexts)
    return "\n".join([_globals(tables), text, _SUBROUTINES.read_text(encoding="utf-8")])


def _entries(order: list[str]) -> list[Context]:
    """from-internal and the contexts between it and the ones with numbers; bad-number is the very last."""
    return [
        _including("from-internal", ["from-internal-noxfer", "from-internal-xfer", "bad-number"]),
        _including("from-internal-noxfer", ["from-internal-noxfer-additional"]),
        _including("from-internal-noxfer-additional", ["ext-paging"]),
        _including("from-internal-xfer", ["from-internal-custom", "from-internal-additional"]),
        _including("from-internal-additional", order),
    ]


def _including(name: str, includes: list[str]) -> Context:
    context = Context(name)
    for include in includes:
        context.include(include)
    return context


def _globals(tables: Tables) -> str:
    fixed = {"DIAL_OPTIONS": "Ttr", "TRUNK_OPTIONS": "T", "TRANSFER_CONTEXT": "from-internal-xfer"}
    own = {row["variable"]: row["value"] for row in tables["globals"]}
    found = {**fixed, **own, **routes.trunk_globals(tables)}
    return "\n".join(["[globals]", *(f"{key}={value}" for key, value in found.items()), ""])
