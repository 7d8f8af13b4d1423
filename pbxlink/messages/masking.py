"""Masks secrets, and escapes misleading characters, in everything that is shown or logged.

An image's rows are masked by `engine.masked_images`, which knows the columns that hold secrets.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence


def masked(content: str, secrets: Iterable[str]) -> str:
    """`content` with every secret masked; the longest first, in case one contains another."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        content = content.replace(secret, mask(secret))
    return content


def mask(value: str) -> str:
    """The mask of a secret: always eight characters, so that not even its length shows; empty for an empty one."""
    return "********" if value else ""


def shown(value: object, limit: int = 60) -> str:
    """`value` safe to show in a message: control and text direction characters escaped, cut at `limit` characters."""
    raw = str(value)
    safe = "".join(char if char.isprintable() and not _reorders(char) else f"\\u{ord(char):04x}" for char in raw)
    return safe if len(safe) <= limit else safe[: limit - 3] + "..."


def listed(values: Sequence[str], most: int = 6) -> str:
    """The first values, safe to show, and how many more there are."""
    more = f", ... (+{len(values) - most})" if len(values) > most else ""
    return (", ".join(shown(each) for each in values[:most]) or "-") + more


def one_line(text: str) -> str:
    """What a command printed as one line: its lines, blank ones left out, with ` / ` between them."""
    return " / ".join(line.strip() for line in text.splitlines() if line.strip())


def _reorders(char: str) -> bool:
    return unicodedata.bidirectional(char) in {"R", "AL", "RLE", "RLO", "LRE", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI"}
