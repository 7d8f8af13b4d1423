"""The command `issabel-omnileads`: reads the command line; what runs is imported only then."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import TextIO

from issabel_module.commands.options import COMMANDS as COMMANDS
from issabel_module.commands.options import OPTIONS as OPTIONS
from issabel_module.commands.options import parser as parser
from pbxlink.console.command_line import language_asked, moved_behind
from pbxlink.console.standard_streams import tolerate

_COLLECTED = 100_000, 20, 100
"""Objects made until Python looks for cycles among them. With its own 700 it looks at ten thousand extensions again and
again, a sixth of a plan's time, and finds none."""


def main(arguments: Sequence[str] | None = None, out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Runs one command and returns its exit code: 0 done, 2 findings or changes, 1 error."""
    tolerate()
    language = language_asked(arguments)
    given = moved_behind(arguments)
    command = given[0] if given and given[0] in COMMANDS else ""
    options = parser(language, command).parse_args(given)
    options.lang = options.lang or language
    options.link_given = any(each.startswith("--li") for each in (sys.argv[1:] if arguments is None else arguments))
    from issabel_module.commands import dispatch

    gc.set_threshold(*_COLLECTED)
    return dispatch.run(options, out or sys.stdout, err or sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
