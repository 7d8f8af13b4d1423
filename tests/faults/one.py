"""One watched run of the PBX's command, with the real reload: `one FAULTS REPORT ARGUMENTS...`.

FAULTS is a JSON object of ways by the effects' keys; the effects that were seen are written to REPORT.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path

from issabel_module import cli
from tests.faults.effects import Watch
from tests.faults.watch_ami import watch_ami
from tests.faults.watch_journal import watch_journal
from tests.faults.watch_mysql import watch_mysql
from tests.faults.watch_reload import watch_reload


def main(faults: str, report: str, *arguments: str) -> int:
    """The command's exit code."""
    watch = Watch(json.loads(faults))
    for around in (watch_journal, watch_ami, watch_mysql):
        around(watch)
    watch_reload(watch, subprocess.run)
    code = cli.main(arguments)
    seen = [astuple(each) for each in watch.seen]
    Path(report).write_text(json.dumps(seen), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
