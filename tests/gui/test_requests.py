"""Requests that no browser of ours makes: forged, without a session, with the command missing."""

from __future__ import annotations

import pytest

from tests.gui.site import Site, Visitor
from tests.pbx.product import Bench

pytest_plugins = ["tests.pbx.product_fixtures", "tests.gui.fixtures"]

FORM = {"topology": "lan", "pbx_address": "127.0.0.1", "oml_address": "127.0.0.2", "technology": "sip",
        "caller_id": "keep", "pbx_port": "5060", "oml_port": "5160"}  # fmt: skip


@pytest.mark.parametrize("action", ["configure", "plan", "apply", "verify", "diagnose", "code", "remove"])
def test_a_request_without_the_sessions_token_does_nothing(site: Site, bench: Bench, action: str) -> None:
    bench.write_link()
    victim, attacker = Visitor(site), Visitor(site)
    victim.token()
    foreign = attacker.token()
    site.forget()
    for token in ({}, {"omnileads_token": ""}, {"omnileads_token": foreign}, {"omnileads_token[]": "x"}):
        answer = victim.post({"action": action, "confirm": "yes", **FORM, **token})
        assert "did not come from this page" in answer
    assert set(site.commands()) == {"links", "show", "status"}
    assert "OMLINK1" not in answer
    assert bench.sql("SELECT * FROM trunks") == []


def test_the_token_alone_is_not_enough_for_the_framework(site: Site) -> None:
    visitor = Visitor(site)
    token = visitor.token()
    site.forget()
    answer = visitor.post({"action": "plan", "omnileads_token": token}, referer="http://elsewhere.example/")
    assert "Invalid Referrer" in answer
    assert site.commands() == []


def test_a_get_changes_nothing_whatever_it_asks_for(site: Site) -> None:
    visitor = Visitor(site)
    token = visitor.token()
    site.forget()
    assert "Invalid Referrer" in visitor.get(f"&action=configure&omnileads_token={token}")
    assert site.commands() == []


def test_nobody_without_a_session_of_the_framework_sees_the_page(site: Site) -> None:
    site.forget()
    answer = Visitor(site).get("&anonymous=1")
    assert "No direct script access" in answer
    assert site.commands() == []


def test_values_that_are_no_text_are_refused_as_values(site: Site, bench: Bench) -> None:
    visitor = Visitor(site)
    fields = {**FORM, "action": "configure", "omnileads_token": visitor.token(), "topology": "", "oml_address[x]": "1"}
    fields.pop("oml_address")
    answer = visitor.post(fields)
    assert 'data-severity="error"' in answer
    assert "php-problem" not in answer
    assert not bench.link.exists()


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [("es_ES", "es"), ("pt_BR", "pt"), ("pt_PT", "pt"), ("en_US", "en"), ("fr_FR", "en"), ("--", "en")],
)
def test_the_command_speaks_the_pages_language(site: Site, wanted: str, spoken: str) -> None:
    Visitor(site).get(cookie=f"lang={wanted}")
    assert {call[call.index("--lang") + 1] for call in site.calls()} == {spoken}
    site.forget()
    Visitor(site).get()
    assert {call[call.index("--lang") + 1] for call in site.calls()} == {"en"}


def test_a_missing_or_broken_command_is_said(site: Site) -> None:
    visitor = Visitor(site)
    site.command.write_text("#!/bin/sh\necho no json\nexit 3\n")
    assert "exit code 3" in visitor.get()
    site.command.unlink()
    assert f"{site.command} is not there: install the package" in visitor.get()


def test_freepbx_has_the_same_page_and_its_dashboard_is_told_what_status_found(freepbx_site: Site) -> None:
    visitor = Visitor(freepbx_site)
    token = visitor.token()
    plan = visitor.post({"action": "plan", "omnileads_token": token})
    assert 'id="omnileads-changes"' in plan and 'class="btn btn-success"' in plan and "php-problem" not in plan
    assert '<p id="told">1</p>' in plan  # that nothing is applied
    freepbx_site.forget()
    assert "did not come from this page" in visitor.post({"action": "remove", "confirm": "yes", "omnileads_token": "x"})
    assert set(freepbx_site.commands()) == {"links", "show", "status"}
    assert "No direct script access" in visitor.get("&anonymous=1")
