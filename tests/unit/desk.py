"""A host on which commands are given, its side in memory and its link file on a real disk."""

from __future__ import annotations

import argparse
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pbxlink.console import commands
from pbxlink.console import options as common
from pbxlink.link import link_file
from pbxlink.link.model import Link
from tests.unit import strategies as draw
from tests.unit.memoryside import MemorySide

LINK = draw.example()
SECRET = LINK.credentials.secret


@dataclass
class Desk:
    """A host with a link file, where commands are given; `told` is all that was ever printed."""

    folder: Path
    side: MemorySide = field(default_factory=MemorySide)
    told: str = ""
    out: str = ""
    err: str = ""
    linked: list[Link | None] = field(default_factory=list)

    def write(self, link: Link) -> None:
        link_file.write(self.folder / "link.conf", link)

    def connect(self, link: Link | None) -> Any:
        self.linked.append(link)
        return self.side

    def run(self, name: str, *arguments: str, **more: Any) -> int:
        parser = argparse.ArgumentParser()
        for option in common.OPTIONS:  # every option, whichever command takes it
            parser.add_argument(option.flag, **option.settings)
        where = ["--link", str(self.folder / "link.conf"), "--state-dir", str(self.folder / "state"), "--lang", "en"]
        options = parser.parse_args([*where, *arguments], argparse.Namespace(**more))
        out, err = io.StringIO(), io.StringIO()
        code = commands.Commands(options, self.connect, out, err).run(name)
        self.out, self.err = out.getvalue(), err.getvalue()
        self.told += self.out + self.err
        return code

    def document(self, name: str, *arguments: str, **more: Any) -> tuple[int, dict[str, Any]]:
        code = self.run(name, "--json", *arguments, **more)
        assert self.err == ""
        return code, json.loads(self.out)
