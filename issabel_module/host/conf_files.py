"""The two forms in which a PBX keeps its settings: KEY=value (amportal.conf) and PHP (issabelpbx.conf, freepbx.conf).

Both are read as the vendor's PHP reads them, so that a credential with which the GUI works works here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_STRING = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_TOKEN = re.compile(
    rf"""(?P<comment>/\*.*?\*/|(?://|\#)[^\n]*?(?=\n|\?>|\Z))
    |\$amp_conf\s*\[\s*(?P<key>{_STRING})\s*\]\s*=\s*(?P<value>{_STRING}|[\w.+-]+)\s*;
    |(?P<string>{_STRING})
    |(?P<end>\?>)""",
    re.DOTALL | re.VERBOSE,
)
_OPENING = re.compile(r"<\?(?:php\b)?")
_ESCAPE = re.compile(r"""\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u\{([0-9A-Fa-f]+)\}|([nrtvef\\$"]))""")
_NAMED = {"n": 10, "r": 13, "t": 9, "v": 11, "e": 27, "f": 12, "\\": 92, "$": 36, '"': 34}
_VARIABLE = re.compile(r"(?<!\\)(?:\\\\)*(?:\$[A-Za-z_{]|\{\$)")
_LINE = re.compile(r"\s*([A-Za-z0-9_]+)(\s*)=(.*)")


def php_values(content: str) -> dict[str, str]:
    """The entries of `$amp_conf` that a PHP file sets to a string or a number; of several for one key the last.

    One that PHP would work out (a sum of strings, a variable within one) is left out: it is told as missing.
    """
    opening = _OPENING.search(content)
    return dict(_assignments(content[opening.end() :])) if opening else {}


def _assignments(code: str) -> Iterator[tuple[str, str]]:
    for token in _TOKEN.finditer(code):
        if token["end"]:
            return
        if token["key"]:
            key, value = _php_string(token["key"]), _php_string(token["value"])
            if key is not None and value is not None:
                yield key, value


def _php_string(literal: str) -> str | None:
    """What a literal means; None where a variable stands in it."""
    if literal[0] == "'":
        return re.sub(r"\\([\\'])", r"\1", literal[1:-1])
    if literal[0] != '"':
        return literal
    if _VARIABLE.search(literal):
        return None
    # As bytes: \xc3\xa9 are two of them and one letter.
    inside = literal[1:-1].encode("utf-8").decode("latin-1")
    return _ESCAPE.sub(_unescaped, inside).encode("latin-1").decode("utf-8", "replace")


def _unescaped(found: re.Match[str]) -> str:
    octal, hexadecimal, point, name = found.groups()
    if octal:
        return chr(int(octal, 8) & 0xFF)
    if hexadecimal:
        return chr(int(hexadecimal, 16))
    return chr(int(point, 16)).encode("utf-8").decode("latin-1") if point else chr(_NAMED[name])


def amportal_values(content: str) -> Mapping[str, str]:
    r"""The values of amportal.conf by key; of several for one key the last.

    The vendor writes a value as it is, but for a backslash before each blank, and reads all of the line: quotes, `#`,
    `;` and blanks at the ends belong to it (read in libraries/issabelpbx_conf.class.php of IssabelPBX 2.12). Only
    blanks around an equals sign that has some before it were put there by hand, to please the eye.
    """
    found: dict[str, str] = {}
    for line in content.split("\n"):
        matched = _LINE.fullmatch(line.rstrip("\r\t"))
        if matched and not line.lstrip().startswith(("#", ";")):
            key, before, value = matched.groups()
            found[key] = value.strip() if before else value.replace("\\ ", " ")
    return found
