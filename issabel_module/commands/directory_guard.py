"""When OML's directory is too small to be applied by an unattended `sync`."""

from __future__ import annotations

from pbxlink.engine.large_change import is_large
from pbxlink.link.directory import Directory
from pbxlink.link.model import Link
from pbxlink.messages.errors import Refused
from pbxlink.messages.findings import error


def guard(link: Link, before: Directory | None, now: Directory) -> None:
    """Raises Refused where the directory has no entry for the link any more, or lost many: mostly a mistake on OML."""
    if not (link.agents.from_directory or link.dids.from_directory):
        return
    old, new = _entries(link, before or Directory()), _entries(link, now)
    gone = len(old - new)
    if not new:
        raise Refused(error("sync.empty", url=link.directory.url))
    if is_large(gone, len(old)):
        raise Refused(error("sync.shrunk", url=link.directory.url, gone=gone, before=len(old)))


def _entries(link: Link, found: Directory) -> set[tuple[str, object]]:
    """The entries from which the link's rules derive an extension."""
    agents = found.agents if link.agents.from_directory else ()
    routes = found.inbound_routes if link.dids.from_directory else ()
    return {("agent", agent.id) for agent in agents} | {("did", route.did) for route in routes}
