"""`diagnose` on a real PBX that asks OMniLeads over https for its own diagnosis: one run covers both sides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pbxlink.link import link_file
from tests.pbx.product import Bench, Result
from tests.sync.omlweb import OmlWeb

pytest_plugins = ["tests.pbx.product_fixtures", "tests.sync.fixtures"]
URL = "/pbx_link/api/diagnose/"


def diagnosed(bench: Bench, *arguments: str) -> dict[str, object]:
    """The document of `diagnose --json`."""
    done: Result = bench.run("diagnose", "--json", *arguments)
    assert done.code in (0, 2), done.out + done.err
    found: dict[str, object] = json.loads(done.out)
    return found


def _causes(document: dict[str, object]) -> str:
    return "\n".join(line for line in json.dumps(document, indent=1).splitlines() if "message" in line)


@pytest.fixture
def applied(linked: Bench, web: OmlWeb) -> Iterator[Bench]:
    """The link is on the PBX; OMniLeads has it saved."""
    read = f"link_file.read(Path({str(linked.link)!r}))"
    web.standin.python(
        "from pathlib import Path\nfrom oml_plugin.storage import saved_links\nfrom pbxlink.link import link_file\n"
        f"saved_links.store({read})"
    )
    assert linked.run("sync").code == 0
    yield linked


def test_one_run_tells_what_both_sides_saw(applied: Bench) -> None:
    document = diagnosed(applied, "098098")
    far = document["far"]
    assert isinstance(far, dict) and far["side"] == "omnileads" and far["sights"], _causes(document)
    cause = document["cause"]
    assert isinstance(cause, dict), "nobody plays OMniLeads' Asterisk here"


def test_a_token_that_is_refused_is_told_and_this_side_is_diagnosed_all_the_same(applied: Bench) -> None:
    link = applied.read_link()
    link_file.write(applied.link, replace(link, directory=replace(link.directory, token="x" * 43)))
    document = diagnosed(applied)
    assert document["far"] is None
    assert "cause.not_asked" in json.dumps(document["diagnosis"])


def test_another_certificate_is_named_where_nothing_else_is_wrong(applied: Bench) -> None:
    link = applied.read_link()
    pinned = replace(link.directory, certificate="sha256:" + "0" * 64)
    link_file.write(applied.link, replace(link, directory=pinned))
    assert "sync.certificate" in json.dumps(diagnosed(applied)["diagnosis"])


@pytest.mark.parametrize(
    ("method", "token", "status"),
    [("GET", "right", 405), ("POST", None, 401), ("POST", "wrong", 401), ("POST", "right", 400)],
)
def test_the_api_takes_nothing_but_the_links_token_and_a_job(
    web: OmlWeb, method: str, token: str | None, status: int
) -> None:
    given = web.issue() if token == "right" else token
    assert web.ask(given, method, path=URL).status == status
