"""Writing Asterisk dialplan contexts."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Context:
    name: str
    lines: list[str] = field(default_factory=list)

    def include(self, name: str) -> None:
        self.lines.append(f"include => {name}")

    def exten(self, pattern: str, *applications: str) -> None:
        """One extension: the applications at priorities 1, 2, 3 …"""
        first, *rest = applications
        self.lines.append(f"exten => {pattern},1,{first}")
        self.lines += [f" same => n,{application}" for application in rest]

    def hint(self, pattern: str, devices: str) -> None:
        self.lines.append(f"exten => {pattern},hint,{devices}")

    def text(self) -> str:
        return "\n".join([f"[{self.name}]", *self.lines, ""])


def goto(destination: str | None) -> str:
    """A destination of the GUI ('ext-group,600,1') as an application; hangs up when there is none."""
    return f"Goto({destination})" if destination else "Hangup()"


def dial_pattern(prefix: str, match: str) -> str:
    """Asterisk's form of prefix + match: literal when only digits, * and +, else with an underscore."""
    whole = prefix + match
    return whole if whole and all(char in "0123456789*+" for char in whole) else f"_{whole}"


def pattern_length(pattern: str) -> int:
    """How many dialled characters a pattern without wildcards takes: a [class] is one."""
    length, inside = 0, False
    for char in pattern:
        inside = char == "[" or (inside and char != "]")
        length += not inside
    return length
