"""`init` on a terminal: what cannot stand is asked for again and said, and an end of input writes nothing."""

from __future__ import annotations

import io
import os
import pty
import sys
from pathlib import Path

import pytest

from issabel_module import cli
from pbxlink.link import link_file


def typed(path: Path, monkeypatch: pytest.MonkeyPatch, keys: str) -> tuple[int, str]:
    """The exit code and what was asked, with `keys` typed."""
    master, slave = pty.openpty()
    told = io.StringIO()
    arguments = ["init", "--link", str(path), "--amportal-conf", str(path.with_name("none")), "--lang", "en"]
    with os.fdopen(slave, encoding="utf-8") as stdin, os.fdopen(master, "wb", buffering=0) as keyboard:
        monkeypatch.setattr(sys, "stdin", stdin)
        keyboard.write(keys.encode())
        code = cli.main(arguments, told, told)
    return code, told.getvalue()


def test_a_wrong_answer_is_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "link.conf"
    code, told = typed(path, monkeypatch, "lam\nlan\n\n10.0.0.300\n127.0.0.77\n127.0.0.78\n098098\n\n2XX;\n2XX, 3XXX\n")
    assert code == 0, told
    assert "'lam' cannot stand here; for example: lan, docker, wan" in told
    assert "'-' cannot stand here" in told and "'10.0.0.300' cannot stand here" in told
    link = link_file.read(path)
    assert (link.omnileads.address, link.pbx.address) == ("127.0.0.77", "127.0.0.78")
    assert [each.send for each in link.extensions] == ["098098"]
    (here,), (there,) = link.pbx_routes, link.omnileads_routes
    assert (here.name, [*map(str, here.patterns)]) == ("omnileads-agents", ["1XXXZ", "1XXXZX", "1XXXZXX"])
    assert (there.name, [*map(str, there.patterns)]) == ("pbx_internal", ["2XX", "3XXX"])
    assert "'2XX;' cannot stand here" in told and "nobody can call" not in told


def test_who_wants_no_route_is_told_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, told = typed(tmp_path / "link.conf", monkeypatch, "lan\n127.0.0.77\n127.0.0.78\n\n-\n-\n")
    link = link_file.read(tmp_path / "link.conf")
    assert code == 0 and (link.extensions, link.pbx_routes, link.omnileads_routes) == ((), (), ())
    assert "from the PBX nobody can call it yet" in told and "no outbound route of OMniLeads" in told


def test_an_end_of_input_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "link.conf"
    code, told = typed(path, monkeypatch, "lan\n\x04")
    assert code == 1 and "no file was written" in told and not path.exists()


def test_show_speaks_as_the_link_file_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "link.conf"
    typed(path, monkeypatch, "lan\n127.0.0.77\n127.0.0.78\n098098\n\n\n")
    told = io.StringIO()
    assert cli.main(["show", "--link", str(path), "--lang", "en"], told, told) == 0
    assert "[[098098]]" in told.getvalue() and "number = 098098" in told.getvalue()
    assert "{'" not in told.getvalue() and link_file.read(path).credentials.secret not in told.getvalue()
