"""Where callers go when OML does not answer: what the link file names, as the GUI stores it in an extension's columns.

Measured on IssabelPBX: saved in the extension's page, a destination stands in `users.noanswer_dest`, `busy_dest` and
`chanunavail_dest` and in no AstDB key; the dialplan is made of the columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from issabel_module.checks.situation import Situation
from issabel_module.storage.database import Database
from pbxlink.link.model import Link
from pbxlink.messages.findings import Finding, error
from pbxlink.messages.masking import shown

_NUMBERED = (
    ("ringgroups", "grpnum", "ext-group,{},1"),
    ("queues_config", "extension", "ext-queues,{},1"),
    ("users", "extension", "from-did-direct,{},1"),
)
"""What a number is, in the order in which the dialplan takes it: table, column, destination."""
_BY_ID = (
    ("ivr_details", "id", "ivr-{}"),
    ("announcement", "announcement_id", "announcement-{}"),
)
_DESTINATIONS = {"ivr": "ivr-{},s,1", "announcement": "app-announcement-{},s,1"}
_NO_VOICEMAIL = ("", "novm", "disabled")


def destinations(database: Database, link: Link) -> dict[str, str]:
    """The destinations by what the link file names them; what is not there has none."""
    wanted = {link.fallback_of(each) for each in link.extensions} - {""}
    if not wanted:
        return {}
    found = {name: destination for name, destination in everything(database) if name in wanted}
    own = {each.number: f"from-did-direct,{each.number},1" for each in link.extensions if each.number in wanted}
    return {**own, **found}


def everything(database: Database) -> Iterator[tuple[str, str]]:
    """Every destination with its name, one that the dialplan takes first behind those that it hides."""
    for user, box in database.column_values("users", "extension", "voicemail"):
        if (box or "") not in _NO_VOICEMAIL:
            yield f"voicemail-{user}", f"ext-local,vmu{user},1"
    for table, column, form in _BY_ID:
        for (number,) in database.column_values(table, column):
            name = form.format(number)
            yield name, _DESTINATIONS[name.partition("-")[0]].format(number)
    for table, column, form in reversed(_NUMBERED):
        for (number,) in database.column_values(table, column):
            yield str(number), form.format(number)


def missing(it: Situation) -> Iterator[Finding]:
    """A fallback that does not exist, or that is the extension itself: callers would end nowhere."""
    known = destinations(it.database, it.link)
    yield from (
        error("pbx.no_fallback", name=shown(name), numbers=tuple(numbers[:8]))
        for name, numbers in _users(it.link, known)
    )


def _users(link: Link, known: Mapping[str, str]) -> Iterable[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for each in link.extensions:
        name = link.fallback_of(each)
        if name and (name not in known or name == each.number):
            found.setdefault(name, []).append(each.number)
    return found.items()
