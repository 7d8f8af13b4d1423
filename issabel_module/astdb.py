"""AstDB, the running Asterisk's own key-value store, through AMI. A reload never rebuilds it.

Values are stored bare: the quotes in the vendor's code belong to its command line (recorded custom extension).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from pbxlink.ami import Ami
from pbxlink.errors import LinkError, SideUnavailable
from pbxlink.findings import error
from pbxlink.plan import Row, RowChange

_LINE = re.compile(r"(/\S.*?)\s*: (.*)")
_WHOLE_FAMILY_FROM = 20
"""From so many extensions on, a family is read as a whole instead of one answer an extension."""


class AstDb:
    """The AstDB behind one AMI connection; keys are written `/FAMILY/key`."""

    def __init__(self, ami: Ami) -> None:
        self._ami = ami

    def read(self, family: str, names: Collection[str]) -> dict[str, str]:
        """The keys `/family/<name>` and `/family/<name>/...` of each name, with their values."""
        if len(names) >= _WHOLE_FAMILY_FROM:
            wanted = set(names)
            found = self._show([family])
            return {key: value for key, value in found.items() if key.split("/")[2] in wanted}
        return self._show([f"{family} {name}" for name in names])

    def _show(self, trees: Iterable[str]) -> dict[str, str]:
        """The keys under each of the trees. Raises SideUnavailable where that is refused: it must not read as none."""
        listed = list(trees)
        found: dict[str, str] = {}
        for tree, answer in zip(
            listed, self._ami.actions(("Command", {"Command": f"database show {t}"}) for t in listed)
        ):
            if not answer.succeeded:
                raise SideUnavailable(error("astdb.refused", key=tree, text=answer.get("Message")))
            found.update(_pairs(answer.all("Output")))
        return found

    def rows(self, families: Iterable[str], names: Collection[str]) -> list[Row]:
        """The keys of several families as rows of the table `astdb`."""
        found = {key: value for family in families for key, value in self.read(family, names).items()}
        return [{"key": key, "value": value} for key, value in sorted(found.items())]

    def values(self, keys: Collection[str]) -> list[Row]:
        """Exactly these keys as rows, those that exist."""
        ordered = sorted(keys)
        queries = (("DBGet", dict(zip(("Family", "Key"), _split(key)))) for key in ordered)
        events = self._get_all(queries)
        return [{"key": key, "value": value} for key, value in zip(ordered, events) if value is not None]

    def _get_all(self, queries: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[str | None]:
        for name, headers in queries:
            found = self._ami.listing(name, headers, absent="not found")
            yield found[0].get("Val") if found else None

    def write(self, change: RowChange) -> None:
        """Puts and deletes keys, many in flight. Raises LinkError naming the first key that was refused."""
        puts = [*change.inserts, *(dict(row, **cells) for row, cells in change.updates)]
        deletes = [("DBDel", _headers(row)) for row in change.deletes]
        stores = [("DBPut", {**_headers(row), "Val": row["value"] or ""}) for row in puts]
        rows = [*change.deletes, *puts]
        for row, answer in zip(rows, self._ami.actions([*deletes, *stores])):
            if not answer.succeeded and not (row in change.deletes and "not" in answer.get("Message")):
                raise LinkError(error("astdb.refused", key=row["key"], text=answer.get("Message")))


def _headers(row: Row) -> dict[str, str]:
    family, key = _split(str(row["key"]))
    return {"Family": family, "Key": key}


def _split(key: str) -> tuple[str, str]:
    family, _, rest = key.lstrip("/").partition("/")
    return family, rest


def _pairs(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        found = _LINE.fullmatch(line)
        if found:
            yield found.group(1), found.group(2).rstrip()
