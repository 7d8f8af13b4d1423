"""`init --values` and `show`: the link's settings as JSON, for the page. No server is needed."""

from __future__ import annotations

import io
import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from issabel_module import cli
from pbxlink.link import link_file

VALUES: dict[str, Any] = {
    "link": {"topology": "lan"},
    "pbx": {"address": "10.66.1.3", "technology": "sip", "sip_port": "5062"},
    "omnileads": {"address": "10.66.1.2", "sip_port": "", "transport": ""},
    "pbx_routes": {"oml-agents": {"patterns": ["1XXX."]}},
    "omnileads_routes": {"all": {"patterns": ["9|1XXX", "XXXXXXX"]}},
}


class Desk:
    """The command with values on its standard input."""

    def __init__(self, link: Path, patch: pytest.MonkeyPatch) -> None:
        self.link = link
        self._patch = patch

    def run(self, *arguments: str, values: object = None) -> tuple[int, dict[str, Any]]:
        """Exit code and document. There is no PBX behind it."""
        typed = values if isinstance(values, str) else json.dumps(values)
        self._patch.setattr(sys, "stdin", io.StringIO(typed))
        out = io.StringIO()
        where = ["--link", str(self.link), "--amportal-conf", str(self.link.with_name("none"))]
        code = cli.main([*arguments, "--json", "--lang", "en", *where], out, io.StringIO())
        return code, json.loads(out.getvalue())

    def init(self, values: object, *options: str) -> tuple[int, dict[str, Any]]:
        return self.run("init", "--force", "--values", "-", *options, values=values)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path / "link.conf", monkeypatch)


def test_values_make_a_link_file_with_a_secret_of_its_own(desk: Desk) -> None:
    code, document = desk.init(VALUES)
    link = link_file.read(desk.link)
    assert (code, link.pbx.sip_port, link.omnileads.sip_port) == (0, 5062, 5160)
    assert stat.S_IMODE(desk.link.stat().st_mode) == 0o600
    assert link.credentials.secret not in json.dumps(document)


def test_a_key_that_is_not_given_stays_and_an_empty_one_goes_back_to_its_default(desk: Desk) -> None:
    desk.init({**VALUES, "audio": {"pbx": "ulaw", "omnileads": ["ulaw"]}})
    first = link_file.read(desk.link)
    desk.init({"omnileads": {"sip_port": "5199"}})
    second = link_file.read(desk.link)
    assert (second.credentials, second.audio, second.omnileads.sip_port) == (first.credentials, first.audio, 5199)
    desk.init({"omnileads": {"sip_port": ""}})
    assert link_file.read(desk.link) == first


def test_a_subsection_left_out_is_gone_and_one_given_keeps_what_it_does_not_say(desk: Desk) -> None:
    desk.init(VALUES)
    desk.link.write_text(desk.link.read_text().replace("[[all]]\n", "[[all]]\nring_time = 40\n"))
    desk.init({"pbx_routes": {}, "omnileads_routes": {"all": {"patterns": ["XXXX"]}}})
    link = link_file.read(desk.link)
    assert link.pbx_routes == ()
    assert [(route.ring_time, str(route.patterns[0])) for route in link.omnileads_routes] == [(40, "XXXX")]


def test_port_and_transport_follow_a_change_of_topology_unless_they_were_chosen(desk: Desk) -> None:
    desk.init(VALUES)
    desk.init({"link": {"topology": "wan"}})
    assert link_file.read(desk.link).omnileads.transport == "trunk-nat-transport"
    desk.init({"omnileads": {"sip_port": "5199"}})
    desk.init({"link": {"topology": "lan"}})
    link = link_file.read(desk.link)
    assert (link.omnileads.sip_port, link.omnileads.transport) == (5199, "trunk-transport")


def test_a_new_secret_only_when_asked_for(desk: Desk) -> None:
    desk.init(VALUES)
    first = link_file.read(desk.link).credentials.secret
    desk.init(VALUES, "--new-secret")
    assert link_file.read(desk.link).credentials.secret != first


@pytest.mark.parametrize(
    "values",
    ["", "{", "[]", "null", '{"pbx": "x"}', '{"pbx": {"address": 1}}', '{"pbx": {"a": {"b": {"c": "d"}}}}',
     '{"agents": {"list": [1]}}', "[" * 100_000],
    ids=lambda value: value[:20],
)  # fmt: skip
def test_what_is_no_json_of_that_form_is_refused(desk: Desk, values: str) -> None:
    code, document = desk.init(values)
    assert (code, [each["code"] for each in document["findings"]]) == (1, ["init.values"])
    assert not desk.link.exists()


def test_values_not_allowed_leave_the_link_file_as_it_was(desk: Desk) -> None:
    desk.init(VALUES)
    before = desk.link.read_text()
    for values in (
        {"link": {"topology": "moon"}}, {"pbx": {"technology": "iax"}}, {"pbx": {"address": "a b"}},
        {"pbx_routes": {"x y": {"patterns": ["1"]}}}, {"nothing": {"a": "b"}}, {"link": {"topology": ["lan"]}},
    ):  # fmt: skip
        code, document = desk.init(values)
        assert (code, document["findings"][0]["severity"]) == (1, "error"), values
    assert desk.link.read_text() == before


def test_show_gives_back_what_init_takes_without_the_secret(desk: Desk) -> None:
    desk.init(VALUES)
    first = link_file.read(desk.link)
    _, document = desk.run("show")
    assert "credentials" not in document["values"]
    assert first.credentials.secret not in json.dumps(document)
    desk.init(document["values"])
    assert link_file.read(desk.link) == first
