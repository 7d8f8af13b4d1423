"""Three PBXs' links on one OML of real servers: PostgreSQL, Redis, a stream consumer and an Asterisk."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.oml.live import LiveOml, live_oml
from tests.oml.test_plugin_live import EVERYTHING

NAMES = ("centre", "north", "south")
CHANGING = ("contact", "status", "lastmsg", "channel")
"""Lines that differ from one look to the next: what a PBX that is not there answers."""


@dataclass
class Live(LiveOml):
    """The same with a link file for each name."""

    def write(self, name: str) -> None:
        number = NAMES.index(name)
        routes = f"[[to_{name}]]\npatterns = {number + 1}|XXXX\n"
        own = {"trunk": f"pbx_{name}", "secret": f"Secret-of-{name}-0123456789", "more": "[dialplan]\nagents = yes"}
        text = self.link_text("sip", 5060, routes=routes, pbx=f"127.0.1.{number + 1}", **own)
        path = self.folder / f"{name}.conf"
        path.write_text(text.replace("name = test", f"name = {name}"), encoding="utf-8")
        path.chmod(0o600)

    def run(self, command: str, name: str) -> subprocess.CompletedProcess[str]:
        path, state = self.folder / f"{name}.conf", self.folder / "state"
        return self.standin.run_command(
            ["pbx_link", command, "--link", str(path), "--state-dir", str(state), "--lang", "en"]
            + (["--yes"] if command in ("apply", "remove") else [])
        )

    def done(self, command: str, name: str) -> None:
        ran = self.run(command, name)
        assert ran.returncode == 0, ran.stdout + ran.stderr

    def cells(self) -> dict[str, Any]:
        """Every row of every table, and every hash, by table and id."""
        tables, hashes = self.standin.python(EVERYTHING)
        rows = {f"{table} {row.get('id')}": row for table, found in tables.items() for row in found}
        return {**rows, **hashes}

    def in_asterisk(self, name: str) -> list[str]:
        """What the running Asterisk has of that link: endpoint with both secrets, route, dialplan part."""
        model = "from configuracion_telefonia_app.models import RutaSaliente"
        number = self.standin.python(f"{model}\nanswer = RutaSaliente.objects.get(nombre='to_{name}').pk")
        asked = [f"pjsip show {what} pbx_{name}" for what in ("endpoint", "aor")]
        asked += [f"pjsip show auth pbx_{name}-{kind}" for kind in ("iauth", "oauth")]
        asked += [f"dialplan show oml-outr-{number}", "dialplan show issabel-omnileads"]
        asked += ["dialplan show from-pbx"]
        lines = [line for each in asked for line in self.shown(each).splitlines()]
        lasting = [line for line in lines if not any(word in line.lower() for word in CHANGING)]
        return [re.sub(r"\[oml_extensions_outr.conf:\d+\]", "", line).rstrip() for line in lasting]


@pytest.fixture
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live_oml(tmp_path_factory.mktemp("three-live")) as found:
        yield Live(**vars(found))


def test_the_middle_one_is_removed_and_the_others_calls_have_all_they_had(live: Live) -> None:
    base = live.cells()
    for name in NAMES:
        live.write(name)
        live.done("apply", name)
    before, kept = live.cells(), {name: live.in_asterisk(name) for name in NAMES}
    for name in NAMES:
        said = "\n".join(kept[name])
        assert f"Secret-of-{name}-0123456789" in said and f"'_{NAMES.index(name) + 1}XXXX' =>" in said
    live.done("remove", "north")
    after = live.cells()
    assert [key for key in after if after[key] != before.get(key)] == []
    lost = repr({key: before[key] for key in before if key not in after})
    assert "pbx_north" in lost and "pbx_centre" not in lost and "pbx_south" not in lost
    assert "Unable to find" in live.shown("pjsip show endpoint pbx_north")
    for name in ("centre", "south"):
        assert live.in_asterisk(name) == kept[name], name
        assert live.run("plan", name).returncode == 0, "nothing to do, and Asterisk has it all"
    live.done("remove", "centre")
    assert live.in_asterisk("south") == kept["south"]
    live.done("remove", "south")
    assert live.cells() == base
    assert "issabel-omnileads" not in live.shown("dialplan show from-pbx")
