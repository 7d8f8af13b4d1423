"""Several link files on one PBX: which one a command takes, where a new one goes, and names that are free."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from issabel_module import cli
from issabel_module.commands import link_files
from pbxlink.link import link_code, link_file
from pbxlink.messages.errors import InvalidInput

VALUES = ("--topology", "lan", "--pbx-address", "10.0.0.1", "--pbx-port", "5060", "--technology", "sip")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the link files, in the place of /etc/issabel-omnileads."""
    usual = tmp_path / "etc" / "link.conf"
    usual.parent.mkdir()
    monkeypatch.setattr(link_files, "DEFAULT_PATH", usual)
    real = cli.parser

    def parser(language: str = "", command: str = "") -> Any:
        made: Any = real(language, command)
        (subparsers,) = (each for each in made._actions if each.dest == "command")
        for each in subparsers.choices.values():
            each.set_defaults(link=usual, amportal_conf=tmp_path / "none", state_dir=tmp_path / "state")
        return made

    monkeypatch.setattr(cli, "parser", parser)
    return usual.parent


def run(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    code = cli.main([*arguments, "--json", "--lang", "en"], out, io.StringIO())
    return {**json.loads(out.getvalue()), "exit": code}


def init(number: int, *more: str) -> dict[str, Any]:
    return run("init", *VALUES, "--omnileads-address", f"10.0.1.{number}", "--omnileads-port", "5060", *more)


def codes(answer: dict[str, Any]) -> list[str]:
    return [each["code"] for each in answer["findings"]]


def test_each_further_link_gets_a_file_a_name_and_a_trunk_of_its_own(folder: Path) -> None:
    assert init(1)["path"] == str(folder / "link.conf")
    refused = init(2)
    assert codes(refused) == ["init.exists"] and "--name omnileads2" in refused["findings"][0]["hint"]
    assert init(2, "--name", "omnileads2")["path"] == str(folder / "omnileads2.conf")
    assert init(3, "--name", "north")["path"] == str(folder / "north.conf")
    assert codes(init(3, "--name", "north")) == ["init.exists"], "a name that there is is not written over"
    found = {each.name: each.link for each in link_files.listed(folder)}
    assert {name: link and link.pbx.trunk for name, link in found.items()} == {
        "omnileads": "omnileads", "omnileads2": "omnileads2", "north": "north",
    }  # fmt: skip


def test_what_a_join_must_not_take_are_the_names_of_links_that_are_not_applied_either(folder: Path) -> None:
    init(1)
    init(2, "--name", "north")
    taken = [tuple(map(sorted, link_files.taken(folder / name))) for name in ("new.conf", "north.conf")]
    assert taken == [(["north", "omnileads"], ["north", "omnileads"]), (["omnileads"], ["omnileads"])]
    assert link_files.for_one_more(folder / "link.conf", False, "") == folder / "omnileads2.conf"


def test_links_lists_them_and_what_one_more_would_be(folder: Path) -> None:
    assert run("links")["new"] == {"name": "omnileads", "path": str(folder / "link.conf")}
    init(1)
    init(2, "--name", "north")
    (folder / "broken.conf").write_text("[link")
    (folder / "broken.conf").chmod(0o600)
    found = run("links")
    assert [(each["name"], each["omnileads"]) for each in found["links"]] == [
        ("broken", ""), ("omnileads", "10.0.1.1:5060"), ("north", "10.0.1.2:5060"),
    ]  # fmt: skip
    assert found["links"][0]["findings"][0]["code"] == "linkfile.syntax"
    assert found["new"] == {"name": "omnileads2", "path": str(folder / "omnileads2.conf")}


def test_a_command_takes_the_only_one_the_named_one_and_none_of_several(folder: Path) -> None:
    init(1, "--name", "north", "--link", str(folder / "north.conf"))
    assert run("show")["path"] == str(folder / "north.conf"), "the only one, whatever its file's name"
    init(2)
    refused = run("show")
    assert codes(refused) == ["links.which"] and "north (" in refused["findings"][0]["message"]
    assert run("show", "--link", "north")["values"]["omnileads"]["address"] == "10.0.1.1"
    assert run("show", "--link", "omnileads")["values"]["omnileads"]["address"] == "10.0.1.2"
    assert codes(run("show", "--link", "nobody")) == ["linkfile.missing"]


def test_a_code_goes_to_the_file_of_its_link_and_to_no_other(folder: Path) -> None:
    init(1)
    init(2, "--name", "north")
    first, north = ((folder / name).read_bytes() for name in ("link.conf", "north.conf"))
    read = link_files.named(folder, "north", "")
    assert read is not None
    assert run("init", "--code", link_code.encode(read))["path"] == str(folder / "north.conf")
    code = link_code.encode(read).strip()
    south = link_file.from_mapping({**_mapping(code), "link": {"name": "south", "topology": "lan"}})
    assert run("init", "--code", link_code.encode(south))["path"] == str(folder / "south.conf")
    assert (folder / "link.conf").read_bytes() == first and (folder / "north.conf").read_bytes() == north


def _mapping(code: str) -> dict[str, Any]:
    from pbxlink.link.link_sections import mapping_of

    return mapping_of(link_code.decode(code))


def test_two_files_of_one_name_are_refused_unless_they_are_two_pbxs(folder: Path) -> None:
    init(1)
    init(2, "--name", "omnileads", "--link", str(folder / "second.conf"))
    link = link_file.read(folder / "second.conf")
    [finding] = link_files.of_same_name(folder / "second.conf", link)
    assert finding.code == "links.same_name" and finding.values["free"] == "omnileads2"
    refused = run("plan", "--link", str(folder / "second.conf"))
    assert codes(refused) == ["links.same_name"]
    init(2, "--name", "omnileads", "--host", "pbx2", "--link", str(folder / "second.conf"), "--force")
    assert not list(link_files.of_same_name(folder / "link.conf", link_file.read(folder / "link.conf")))


def test_files_of_one_name_whose_pbxs_the_command_line_tells_apart_are_not_refused(folder: Path) -> None:
    """A controller keeps the files of many PBXs in one folder, and names each PBX with --host."""
    init(1, "--link", str(folder / "bogota.conf"))
    init(2, "--name", "omnileads", "--link", str(folder / "lima.conf"))
    link = link_file.read(folder / "lima.conf")
    assert not list(link_files.of_same_name(folder / "lima.conf", link, "root@192.0.2.2"))
    bogota = folder / "bogota.conf"
    bogota.write_text(bogota.read_text().replace("[pbx]\n", "[pbx]\nhost = root@192.0.2.2\n"))
    [finding] = link_files.of_same_name(folder / "lima.conf", link, "root@192.0.2.2")
    assert finding.code == "links.same_name" and finding.values["other"] == bogota
    assert not list(link_files.of_same_name(folder / "lima.conf", link, "root@192.0.2.3"))


def test_what_is_given_is_taken_whatever_else_there_is(tmp_path: Path) -> None:
    given = tmp_path / "other.conf"
    assert link_files.chosen(given, True) == given and link_files.for_one_more(given, True, "north") == given
    (tmp_path / "one.conf").write_text("[link]")
    (tmp_path / "two.conf").write_text("[link]")
    with pytest.raises(InvalidInput):
        link_files.chosen(given, False)
