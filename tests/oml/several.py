"""Several links on one OML of two files: link files by name, and what of the OML belongs to whom."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.demo.manager import DemoAsterisk, running
from tests.oml.plugin import LINK, SECRET, STATE, TABLES, PluginOml

NAMES = ("centre", "north", "south")
DIALPLAN = "[dialplan]\nagents = yes\n"
OWNERS = """
from oml_plugin.models import DialplanPart, OwnedResource, SavedLink
def listed(model): return list(model.objects.order_by("pk").values())
answer["owners"] = listed(OwnedResource), listed(DialplanPart), list(SavedLink.objects.values("name", "code"))
"""


@dataclass
class Several:
    """The OML, and the PBXs' addresses by the name of their link."""

    oml: PluginOml
    pbxs: Mapping[str, tuple[str, int]]

    def path(self, name: str) -> Path:
        """The link file."""
        return self.oml.folder / f"{name}.conf"

    def write(self, name: str, called: str = "", **values: Any) -> None:
        """Writes the link file of that name (`called`: that the link in it has), with a trunk and a route of its own
        unless `values` say otherwise."""
        number = NAMES.index(name)
        found = {
            "pbx": self.pbxs[name][0], "pbx_port": self.pbxs[name][1], "technology": "sip",
            "port": self.oml.asterisk.sip_port, "trunk": f"pbx_{name}", "secret": f"{SECRET}-{name}",
            "caller_id": "keep", "routes": f"[[to_{name}]]\npatterns = {number + 1}|XXXX\n", "more": DIALPLAN, **values,
        }  # fmt: skip
        written = LINK.format(**found).replace("name = test", f"name = {called or name}")
        self.path(name).write_text(written, encoding="utf-8")
        self.path(name).chmod(0o600)

    def run(self, command: str, name: str, *more: str) -> subprocess.CompletedProcess[str]:
        """`manage.py pbx_link` on that link file."""
        own = ["--link", str(self.path(name)), "--state-dir", str(self.oml.folder / "state"), "--lang", "en"]
        return self.oml.standin.run_command(["pbx_link", command, *more, *own])

    @contextmanager
    def started(self, command: str, name: str, *more: str) -> Iterator[subprocess.Popen[bytes]]:
        """The command as a process that was only started; ended with the block."""
        own = ["--link", str(self.path(name)), "--state-dir", str(self.oml.folder / "state")]
        with self.oml.standin.started(["pbx_link", command, *more, *own]) as child:
            yield child

    def stage(self, name: str) -> str:
        """How far the link's open run came; empty where there is none."""
        path = self.oml.folder / "state" / "journal" / f"omnileads-{name}.journal"
        last = path.read_text(encoding="ascii").splitlines()[-1] if path.exists() else "- {}"
        return str(json.loads(last.partition(" ")[2] or "{}").get("stage", ""))

    def done(self, command: str, name: str, *more: str) -> None:
        """The same with --yes; must succeed."""
        ran = self.run(command, name, "--yes", *more)
        assert ran.returncode == 0, ran.stdout + ran.stderr

    def findings(self, command: str, name: str, *more: str) -> dict[str, dict[str, Any]]:
        """By code."""
        document = json.loads(self.run(command, name, "--json", *more).stdout)
        return {finding["code"]: finding for finding in document["findings"]}

    def all_in_force(self) -> None:
        """Applies all three."""
        for name in NAMES:
            self.write(name)
            self.done("apply", name)

    def state(self) -> dict[str, Any]:
        """Every row, hash and section of a file, each by a name of its own."""
        found = self.oml.python(f"TABLES = {TABLES!r}\n{STATE}{OWNERS}")
        owned, parts, saved = found["owners"]
        files = {entry["archivo"]: entry["content"] for entry in found["stream"]}
        cells: dict[str, Any] = {f"hash {key}": value for key, value in found["hashes"].items()}
        tables = {**found["rows"], "owned": owned, "part": parts}
        cells.update({f"{table} {row['id']}": row for table, rows in tables.items() for row in rows})
        cells.update({f"saved {row['name']}": row["code"] for row in saved})
        for name, text in files.items():
            cells.update({f"{name} {place}": lines for place, lines in _sections(text)})
        return cells


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """The sections of a file, each with all its lines but comments, which may stand before the next one; a second one
    of a name is told apart. Of the list of the routes each line is one by itself."""
    seen: dict[str, int] = {}
    kept = "\n".join(line for line in text.splitlines() if not line.startswith(";"))
    for part in ("\n" + kept).split("\n[")[1:]:
        name = part.partition("]")[0]
        seen[name] = seen.get(name, 0) + 1
        if name == "oml-outr":
            yield from ((f"[{name}] {line}", line) for line in part.splitlines()[1:] if line.strip())
        else:
            yield f"[{name}] {seen[name]}", part.strip()


@contextmanager
def several(oml: PluginOml) -> Iterator[Several]:
    """With something that answers SIP at each PBX's address."""
    with ExitStack() as stack:
        pbxs = {}
        for number, name in enumerate(NAMES, 3):
            answering = DemoAsterisk(dict, sip_port=0)
            stack.enter_context(running(answering, "127.0.0.1", f"127.0.0.{number}"))
            pbxs[name] = (f"127.0.0.{number}", answering.sip_port)
        yield Several(oml, pbxs)


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Sequence[str]:
    """The names of what is in both and differs."""
    return [name for name in before if name in after and before[name] != after[name]]


def gone(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """All that was there and is not any more, as one text."""
    return json.dumps([[name, before[name]] for name in before if name not in after])
