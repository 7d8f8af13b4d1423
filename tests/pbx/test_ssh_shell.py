"""The shell that a run over ssh keeps open, here one of this machine's."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from issabel_module.host.ssh_shell import SshShell

_SHELLS = [name for name in ("dash", "bash", "sh") if shutil.which(name)]


class Lost(Exception):
    """The shell is gone."""


@contextmanager
def shell_of(name: str) -> Iterator[tuple[SshShell, subprocess.Popen[bytes]]]:
    child = subprocess.Popen([name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    assert child.stdin is not None and child.stdout is not None
    with child:
        yield SshShell(child.stdin, child.stdout, Lost), child
        child.stdin.close()
        assert child.wait(10) == 0


def is_free(folder: Path) -> bool:
    return subprocess.run(["flock", "-n", str(folder), "true"]).returncode == 0


@pytest.mark.parametrize("name", _SHELLS)
def test_each_script_gets_its_own_answer(name: str) -> None:
    with shell_of(name) as (shell, _):
        done = shell.run("echo said; echo wrong >&2; exit 7", [])
        assert (done.code, done.output, done.errors) == (7, b"said\n", "wrong")
        strange = ["it's", 'a "b"\n$HOME `c` \\', ""]
        assert shell.run("printf '%s|' \"$@\"", strange).output.decode() == "|".join([*strange, ""])
        assert shell.run("printf 'no end'; printf '\\n\\n'; printf '\\000\\377'", []).output == b"no end\n\n\0\xff"
        assert shell.run("cat", []).output == b"", "nothing of the next script is input of this one"
        assert shell.run("cat", [], "one\n'two' $three\n").output == b"one\n'two' $three\n"
        shell.become(["sh"], b"")
        assert shell.run("echo another", []).output == b"another\n"


@pytest.mark.parametrize("name", _SHELLS)
def test_a_lock_is_held_until_it_is_given_back(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "a folder's"
    with shell_of(name) as (shell, _), shell_of(name) as (other, _):
        assert shell.take_lock("exit 45", str(folder), 1).code == 45
        assert shell.take_lock('mkdir "$1"', str(folder), 1).code == 0
        assert not is_free(folder) and other.take_lock(":", str(folder), 0).code == 1
        assert shell.run("true", []).code == 0 and not is_free(folder)
        shell.release()
        assert shell.run("true", []).code == 0 and is_free(folder)


@pytest.mark.parametrize("name", _SHELLS)
def test_nothing_is_run_of_a_request_that_is_cut_short(name: str, tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    with sent.open("w+b", buffering=0) as noted, pytest.raises(Lost), open("/dev/null", "rb") as silent:
        SshShell(noted, silent, Lost).run(': >"$1"; cat >>"$1"', [str(tmp_path / "made")], "first\nsecond\n")
    whole = sent.read_bytes()
    for length in range(1, len(whole) - 1):
        subprocess.run([name], input=whole[:length], capture_output=True)
        assert not (tmp_path / "made").exists(), whole[:length]
    subprocess.run([name], input=whole, capture_output=True)
    assert (tmp_path / "made").read_text() == "first\nsecond\n"


def test_a_shell_that_is_gone_or_silent_is_lost() -> None:
    with shell_of("sh") as (shell, _):
        with pytest.raises(TimeoutError):
            shell.run("sleep 1", [], seconds=0.1)
        with pytest.raises(Lost):
            shell.run("true", [])
    with shell_of("sh") as (shell, child):
        shell.become(["true"], b"")
        assert child.wait(10) == 0
        with pytest.raises(Lost):
            shell.run("true", [])
