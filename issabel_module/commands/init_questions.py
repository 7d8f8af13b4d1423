"""The questions of `init` on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from pbxlink.console.output import Output
from pbxlink.link import numbering
from pbxlink.link.charset import is_host
from pbxlink.messages.catalogue import text
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import error
from pbxlink.messages.masking import shown


class Questions:
    """Asks on the terminal; where there is none, an error names the missing option."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self.asks = sys.stdin.isatty() and not output.as_json

    def choose(self, code: str, option: str, choices: Sequence[str]) -> str:
        """One of the choices; the first for an empty answer."""
        return self._ask(code, option, choices[0], lambda answer: answer in choices, ", ".join(choices))

    def host(self, code: str, option: str, default: str) -> str:
        """An address or a host name; the default for an empty answer."""
        return self._ask(code, option, default, is_host, "10.0.0.2, oml.example.com")

    def _ask(self, code: str, option: str, default: str, is_right: Callable[[str], bool], such_as: str) -> str:
        """Asks again, and says why, as long as the answer is none that is allowed. Ctrl-D ends it: InvalidInput."""
        if not self.asks:
            if default:
                return default
            raise InvalidInput(error("init.missing", option=option))
        while True:
            answer = self._read(code, default) or default
            if answer and is_right(answer):
                return answer
            told = text("init.again", self._output.language, answer=shown(answer) or "-", such_as=such_as)
            self._output.err.write(told + "\n")

    def optional(self, code: str) -> list[str]:
        """The answer as a list, separated by commas; empty where nobody can be asked."""
        return _separate(self._read(code, "")) if self.asks else []

    def patterns(self, code: str, proposed: Sequence[str]) -> list[str]:
        """Dial patterns; those proposed for an empty answer, none for `-` and where nobody can be asked."""
        if not self.asks:
            return []
        default = ",".join(proposed) or "-"
        answer = self._ask(code, "", default, lambda given: given == "-" or _are_patterns(given), "2XX,3XXX, -")
        return [] if answer == "-" else _separate(answer)

    def _read(self, code: str, default: str) -> str:
        proposed = f" [{default}]" if default else ""
        self._output.err.write(text(code, self._output.language) + proposed + ": ")
        self._output.err.flush()
        line = sys.stdin.readline()
        if not line:
            raise InvalidInput(error("init.ended"))
        return line.strip()


def _separate(answer: str) -> list[str]:
    return [each.strip() for each in answer.split(",") if each.strip()]


def _are_patterns(answer: str) -> bool:
    try:
        return bool([numbering.parse_pattern(each) for each in _separate(answer)])
    except ValueError:
        return False
