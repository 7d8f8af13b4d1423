"""What a person pastes at a terminal: it is asked for, long codes arrive whole, and nobody has to know of Ctrl-D."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pbxlink.link import invitation, link_code, link_file
from pbxlink.link.invitation import Invitation
from pbxlink.link.model import CustomExtension
from tests.unit import strategies as draw

_ROOT = Path(__file__).parent.parent.parent
_MANY = tuple(CustomExtension(str(36000 + each), "098098", f"Cola {each}") for each in range(1000))
LONG = link_code.encode(draw.example(extensions=_MANY))


def at_a_terminal(folder: Path, *arguments: str, typed: str) -> tuple[int, str]:
    """The exit code of a command in a terminal into which this is pasted once it asks, and all that it said."""
    line = [sys.executable, "-m", "issabel_module.cli", *arguments, "--lang", "en", "--link", str(folder / "l.conf")]
    ours, theirs = pty.openpty()
    with subprocess.Popen(line, stdin=theirs, stdout=theirs, stderr=theirs, cwd=_ROOT, close_fds=True) as child:
        os.close(theirs)
        said, rest, end = b"", typed.encode(), time.monotonic() + 30
        while time.monotonic() < end:
            asked = b"Paste" in said
            ready, writable, _ = select.select([ours], [ours] if asked and rest else [], [], 0.1)
            if writable:
                rest = rest[os.write(ours, rest[:500]) :]
            if ready:
                try:
                    said += os.read(ours, 4096)
                except OSError:  # the child has ended
                    break
        else:
            child.kill()
        child.wait()  # its end of the terminal is closed a moment before its exit code is there
        os.close(ours)
    return child.returncode, said.decode(errors="replace")


def test_a_long_code_arrives_whole_in_its_lines(tmp_path: Path) -> None:
    code, said = at_a_terminal(tmp_path, "init", "--code", "-", typed=link_code.in_lines(LONG) + "\n")
    assert code == 0, said
    assert link_file.read(tmp_path / "l.conf") == link_code.decode(LONG)


@pytest.mark.parametrize("typed", [LONG[:3000] + "\n\n", "\n", "\x04"], ids=["a part", "nothing", "Ctrl-D"])
def test_an_empty_line_or_the_end_ends_what_is_not_whole(tmp_path: Path, typed: str) -> None:
    code, said = at_a_terminal(tmp_path, "init", "--code", "-", typed=typed)
    assert code == 1 and " x The link code" in said, said
    assert not (tmp_path / "l.conf").exists()


def test_what_is_no_code_is_refused_at_once(tmp_path: Path) -> None:
    code, said = at_a_terminal(tmp_path, "init", "--code", "-", typed="issabel\n")
    assert code == 1 and " x The link code is not of the right form" in said, said


def test_an_invitation_may_come_in_lines_as_a_mail_program_breaks_it(tmp_path: Path) -> None:
    given = Invitation("https://127.0.0.1:1/", "10.0.0.2", "sha256:" + "5a" * 32, "T" * 43)
    line = invitation.encode(given)
    broken = f"{line[:76]}\n{line[76:150]}\u200b\n {line[150:]}\n"
    assert [invitation.is_ended(each) for each in ("", line[:76], line[:-1], broken, "no")] == [False] * 3 + [True] * 2
    assert invitation.decode(broken) == given
    code, said = at_a_terminal(tmp_path, "join", "-", "--state-dir", str(tmp_path), typed=broken)
    assert code == 1 and "OMniLeads does not answer at https://127.0.0.1:1/redeem/" in said, said


def test_an_invitation_is_asked_for_too(tmp_path: Path) -> None:
    code, said = at_a_terminal(tmp_path, "join", "-", typed="pbxinvite0:nonsense\n")
    assert code == 1 and "Paste the invitation" in said and "That is no invitation" in said, said


def test_lines_are_short_enough_and_whole_together() -> None:
    lines = link_code.in_lines(LONG).split("\n")
    assert len(lines) > 2 and max(map(len, lines)) < 4095
    taken = ["\n".join(lines[:count]) for count in range(len(lines) + 1)]
    assert list(map(link_code.is_ended, taken)) == [False] * len(lines) + [True]
    assert link_code.decode("\n".join(lines)) == link_code.decode(LONG)
    assert link_code.in_lines("short") == "short"
    assert link_code.in_lines("a\n" + "b" * 2000 + "\nc") == "a\n" + "b" * 2000 + "\nc"
