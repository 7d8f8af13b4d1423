"""A name for one thing more of a kind: the usual one, else that one with the first number that makes it free."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, count

LINK, PBX_TRUNK, OML_TRUNK = "omnileads", "omnileads", "issabel"
"""The usual names, as the link file has them (`link_file.spec`): of the link, and of its trunk on each side."""


def free_name(usual: str, taken: Iterable[str], longest: int = 32) -> str:
    """`usual` where nobody has it, else `usual2`, `usual3` ...; at most `longest` characters.

    Names are compared without regard to upper and lower case: sections of a PBX's generated file and a MySQL table's
    keys are told apart so.
    """
    lower = {each.lower() for each in taken}
    numbered = (f"{usual[: longest - len(str(number))]}{number}" for number in count(2))
    return next(name for name in chain([usual[:longest]], numbered) if name.lower() not in lower)
