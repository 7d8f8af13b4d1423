"""Counts what a person types, and the seconds, for one link by hand and by `join`.

Run by `python -m tests.calls.count_join`.

By hand nobody is timed here. The values are those that the two GUIs' forms take for this link; the seconds are those of
the keystroke-level model (Card, Moran and Newell 1980): 0.28 s a key, for each field 1.1 s to point at it and 1.35 s to
think of it. Waiting for pages and looking for mistakes are not counted. For `join` the command is timed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pbxlink.link import derived_extensions, directory, link_file, trunk_settings
from pbxlink.link.model import Link
from tests.calls.__main__ import stack
from tests.calls.linked import succeeded
from tests.calls.paired import Paired, paired

KEY_SECONDS, FIELD_SECONDS = 0.28, 1.1 + 1.35


def main() -> int:
    """Prints the table; 0 where the join proved both directions."""
    with stack() as hosts, tempfile.TemporaryDirectory() as name, paired(hosts, Path(name)) as pair:
        line, seconds = _joined(pair)
        content = succeeded(pair.hosts.on_oml("directory"))
        link, _ = derived_extensions.extended(link_file.read(pair.link), directory.parse(content))
        succeeded(pair.join("--undo"))
    typed = list(by_hand(link))
    _print("by hand, in two GUIs", len(typed), sum(map(len, typed)), modelled(typed))
    _print("join, the line pasted", 2, len("issabel-omnileads join ") + len("y"), seconds)
    print(f"The line has {len(line)} characters. The link: {len(link.extensions)} extensions.")
    return 0


def _joined(pair: Paired) -> tuple[str, float]:
    line = pair.invite()
    began = time.monotonic()
    said = succeeded(pair.join(line, "--yes"))
    assert "works both ways" in said, said
    return line, time.monotonic() - began


def by_hand(link: Link) -> Iterator[str]:
    """Every value that is typed: names and lines of the trunks, extensions, routes with their patterns and trunk."""
    yield link.pbx.trunk
    yield from (f"{key}={value}" for key, value in trunk_settings.peer_details(link))
    yield link.omnileads.trunk
    yield from (f"{key}={value}" for key, value in trunk_settings.wizard_settings(link))
    for extension in link.extensions:
        yield from (extension.number, extension.name, f"SIP/{link.pbx.trunk}/{extension.send}")
    named = [(route.name, route.patterns) for route in link.pbx_routes]
    named += [(route.name, route.patterns) for route in link.omnileads_routes]
    for name, patterns in named:
        yield name
        yield from map(str, patterns)


def modelled(typed: list[str]) -> float:
    """The seconds of the keystroke-level model."""
    return sum(len(each) * KEY_SECONDS + FIELD_SECONDS for each in typed)


def _print(what: str, values: int, characters: int, seconds: float) -> None:
    print(f"{what:<24} values {values:>4}   characters {characters:>6}   seconds {seconds:>6.0f}")


if __name__ == "__main__":
    sys.exit(main())
