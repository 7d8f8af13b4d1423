"""Where calls from OML enter the PBX's dialplan, and which contexts of Class of Service reach OML."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from issabel_module.checks.situation import Situation
from pbxlink.asterisk import dialplan
from pbxlink.messages.findings import Finding, error, warning
from pbxlink.messages.masking import shown

_ROUTES = re.compile(r"outbound-allroutes|outrt-\d+")
_WHOLE = {"outbound-allroutes", "from-internal", "from-internal-xfer", "from-internal-additional"}
"""Contexts that bring every outbound route along."""

_GENERATED = "from-internal-additional"
"""Where there is not even this one Asterisk lost all of the generated dialplan: the next reload brings it back."""


def entry(it: Situation) -> Iterator[Finding]:
    """The link's context: calls into one that is not there get 404, and `from-trunk` reaches no outbound route."""
    context = it.link.pbx.context
    reached = dialplan.reached(it.ami, context, _reach_both)
    if reached is None:
        if _is_there(it, _GENERATED):
            yield error("pbx.no_context", context=context)
        return
    if not _reach_extensions(reached) and _is_there(it, "ext-local"):
        yield warning("pbx.context_extensions", context=context)
    if not _reach_routes(reached) and _is_there(it, "outbound-allroutes"):
        yield warning("pbx.context_routes", context=context)


def _reach_both(contexts: Collection[str]) -> bool:
    return _reach_extensions(contexts) and _reach_routes(contexts)


def _reach_extensions(contexts: Collection[str]) -> bool:
    return "ext-local" in contexts


def _reach_routes(contexts: Iterable[str]) -> bool:
    return any(_ROUTES.fullmatch(each) for each in contexts)


def _is_there(it: Situation, context: str) -> bool:
    """A PBX without a single extension has no such context yet."""
    return not dialplan.missing(it.ami, [context])


def class_of_service(it: Situation) -> Iterator[Finding]:
    """Contexts whose extensions may dial only what they include: not a route that is new."""
    contexts = it.database.column_values("customcontexts_contexts", "context")
    included: dict[str, set[str]] = {str(name): set() for (name,) in contexts}
    for context, include in it.database.column_values("customcontexts_includes", "context", "include"):
        if context in included:
            included[context].add(str(include))
    wanted = {route.name for route in it.link.pbx_routes}
    for key, image in it.desired.items():
        if key.kind == "route" and key.name in wanted:
            ours = f"outrt-{image['outbound_routes'][0]['route_id']}"
            without = tuple(shown(each) for each in sorted(included) if not included[each] & {ours, *_WHOLE})
            if without:
                yield warning("pbx.class_of_service", route=key.name, contexts=without)
