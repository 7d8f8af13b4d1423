"""The dialplan part: what a link adds to OML's dialplan, so that the PBX reaches every agent and gets honest answers.

Its text is `dialplan.conf` beside this file, each line explained there; nothing of a link goes into it but the name of
the trunk's context, whose characters the link file's checks decide. The row is in a table of our own
(`DialplanPart`); `releases.outbound_file` adds it to the file that OML gives its Asterisk.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from django.db import connection

from oml_plugin.kinds import Found, Removed
from oml_plugin.models import DialplanPart
from oml_plugin.storage import rows
from pbxlink.asterisk.ami import Ami
from pbxlink.engine.own_cells import OwnCells, OwnRows
from pbxlink.engine.plan import Change, Image, Key, Row
from pbxlink.link.model import Link
from pbxlink.messages.findings import Finding, Term, term

NAME = "dialplan"
TABLE = rows.table_of(DialplanPart)
HOOK = "'_[0-9+*#]!' =>"
"""How Asterisk shows the extension by which every call of the context comes to us."""
RULES = "issabel-omnileads"
NEEDS = ("oml-dial-in", "sub-oml-set-chanvars")
"""Contexts of OML's own dialplan (1.28 to 2.6) that the rules go to or ask."""
_TEMPLATE = Path(__file__).with_suffix(".conf")
_SECOND_SECTION = "; ======== 2."
_REVISION = re.compile(r"exten => revision,1,NoOp\(([0-9a-f]+)\)")
_CONTEXT = re.compile(r"^\[([A-Za-z0-9_-]+)\]$", re.MULTILINE)


class Dialplan:
    """A link's dialplan part, by the link's name."""

    name = NAME
    own = OwnCells({TABLE: OwnRows()})

    def read(self, names: Collection[str], owned: Mapping[str, Image], found: Found) -> dict[str, Image]:
        """See `Kind`."""
        if not is_migrated():
            return {}
        wanted = {*names, *owned}
        parts = DialplanPart.objects.filter(link__in=wanted) if wanted else ()
        return {part.link: {TABLE: ({"link": part.link, "hook": part.hook, "rules": part.rules},)} for part in parts}

    def wanted(self, link: Link, found: Found) -> dict[str, Image]:
        """The one part of the link, where it wants one."""
        if not link.dialplan.agents:
            return {}
        hook, rules = texts(link.omnileads.context)
        row = {"link": link.name, "hook": hook, "rules": rules}
        return {link.name: {TABLE: (row,)}}

    def words(self, name: str, image: Image) -> Term:
        """See `Kind`."""
        return term("line.dialplan", name=name)

    def refusals(self, key: Key, wanted: Image, found: Image | None) -> Iterable[Finding]:
        """See `Kind`; OML has no models for it."""
        return ()

    def own_of(self, link: Link, name: str) -> OwnCells:
        """See `Kind`."""
        return self.own

    def write(self, change: Change) -> None:
        """See `Kind`. A row that is written is a new one: the rules in force are those of the newest."""
        _replace(change.key.name, change.after)

    def restore(self, change: Change) -> Removed:
        """See `Kind`."""
        _replace(change.key.name, change.before)
        return None


def is_migrated() -> bool:
    """Whether our table is there."""
    return DialplanPart._meta.db_table in connection.introspection.table_names()


def _replace(link: str, image: Image | None) -> None:
    DialplanPart.objects.filter(link=link).delete()
    if image is not None:
        row = rows.one(image, TABLE)
        DialplanPart.objects.bulk_create([DialplanPart(link=link, hook=row["hook"] or "", rules=row["rules"] or "")])


def texts(context: str) -> tuple[str, str]:
    """The hook of this context and the rules, which are the same for all links."""
    hook, rules = _template()
    return hook.replace("@CONTEXT@", context), rules


@lru_cache(maxsize=1)
def _template() -> tuple[str, str]:
    hook, mark, rules = _TEMPLATE.read_text(encoding="utf-8").partition(_SECOND_SECTION)
    whole = mark + rules
    return hook, whole.replace("@REVISION@", hashlib.sha256(whole.encode("utf-8")).hexdigest()[:12])


def is_loaded(ami: Ami, row: Row) -> bool:
    """Whether Asterisk has exactly these rules, and leads the context's calls to them."""
    revision = _REVISION.search(row.get("rules") or "")
    rules = ami.command(f"dialplan show revision@{RULES}")
    return revision is not None and any(revision[1] in line for line in rules) and has_hook(ami, row)


def has_hook(ami: Ami, row: Row) -> bool:
    """Whether the calls of the row's context come to us."""
    context = _CONTEXT.search(row.get("hook") or "")
    shown = ami.command(f"dialplan show {context[1]}") if context else []
    return any(line.lstrip().startswith(HOOK) for line in shown)


def has_rules(ami: Ami) -> bool:
    """Whether Asterisk still has any rules of ours."""
    return any("[ Context" in line for line in ami.command(f"dialplan show {RULES}"))


def is_shared(hook: str = "") -> bool:
    """Whether some link has a part; with `hook`, one for the same context."""
    return DialplanPart.objects.filter(**({"hook": hook} if hook else {})).exists()
