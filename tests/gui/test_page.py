"""The GUI's page in a browser, before a real database and a real Asterisk."""

from __future__ import annotations

import stat

from tests.gui.browser import Page, copied
from tests.gui.site import Site
from tests.pbx.product import OML_ADDRESS, OML_PORT, OWN_TABLE, Bench, difference

pytest_plugins = ["tests.pbx.product_fixtures", "tests.gui.fixtures"]

EXTENSION, ROUTE = "098098 = 098098 = OML camp1", "oml-agents = 1XXX."
HOSTILE = "\"><script>window.hacked=1</script><img src=x onerror=window.hacked=2>'&"


def _configure(page: Page, bench: Bench, **changes: str) -> None:
    fields = {"pbx_address": bench.pbx.params.address, "oml_address": OML_ADDRESS, "oml_port": OML_PORT,
              "extensions": EXTENSION, "pbx_routes": ROUTE}  # fmt: skip
    page.fill(**{**fields, **changes})
    page.press("configure")


def test_configure_plan_apply_and_remove(page: Page, site: Site, bench: Bench) -> None:
    before = bench.snapshot()
    _configure(page, bench)
    assert [action for action, _ in page.plan] == ["create"] * 4
    assert ["sip host", "", OML_ADDRESS] in page.cells()
    assert ["sip secret", "", "********"] in page.cells()
    assert stat.S_IMODE(bench.link.stat().st_mode) == 0o600
    assert difference(before, bench.snapshot()) == {}
    page.press("apply")
    assert "4" in page.notice
    assert bench.json("plan").actions == []
    assert "1 × custom extension, 2 × outbound route, 1 × trunk" in page.text
    secret = bench.read_link().credentials.secret
    assert secret not in page.driver.page_source
    page.press("plan")
    assert (page.plan, page.has("apply")) == ([], False)
    page.press("remove")
    assert bench.json("plan").actions == []  # not confirmed: the link is still applied
    page.tick("confirm")
    page.press("remove")
    assert difference(before, bench.snapshot()) == {}
    assert page.problems == []
    assert {word for call in site.calls() for word in call} == {
        "init", "links", "show", "status", "plan", "apply", "remove",
        "--values", "-", "--json", "--lang", "en", "--yes", "--link", str(bench.link), "--name", "omnileads",
    }  # fmt: skip


def test_a_first_visit_shows_one_field_and_one_button(page: Page, bench: Bench) -> None:
    shown = page.driver.find_elements("css selector", "#omnileads textarea, #omnileads button")
    assert [each.get_attribute("id") for each in shown if each.is_displayed()] == [
        "omnileads-invitation", "omnileads-join",
    ]  # fmt: skip
    assert not page.is_wider_than(420)
    page.fill(invitation="not an invitation")
    page.press("join")
    assert [code.partition(".")[0] for _, code in page.findings] == ["invitation"]
    assert page.has("invitation") and not page.has("join_yes") and not bench.link.exists()


def test_each_error_is_at_its_field_in_the_pages_words(page: Page) -> None:
    page.fill(pbx_address="", oml_port="99999", extensions="ab = 1")
    page.press("configure")
    errors = {
        row.find_element("css selector", "[name]").get_attribute("name"): row.text
        for row in page.driver.find_elements("css selector", "#omnileads-configuration tr")
        if row.find_elements("class name", "omnileads-field-error")
    }
    assert set(errors) == {"pbx_address", "oml_port", "extensions"}
    assert "Is empty" in errors["pbx_address"] and "99999: allowed" in errors["oml_port"]
    assert "Line 1, number = ab" in errors["extensions"]
    assert not any(word in page.text for word in ("[pbx]", "[omnileads]", "[extensions", "section"))


def test_what_hands_made_is_adopted_from_the_page(page: Page, bench: Bench) -> None:
    _configure(page, bench)
    page.press("apply")
    bench.sql(f"DELETE FROM {OWN_TABLE} WHERE link <> ''")
    bench.sql("UPDATE devices SET dial = 'SIP/201' WHERE id = '098098'")
    page.press("plan")
    assert ("error", "plan.conflict") in page.findings and "extension/" not in page.text
    page.press("adopt")
    assert ("error", "plan.conflict") not in page.findings
    page.press("apply")
    assert bench.json("plan").actions == []


def test_the_state_is_seen_at_a_glance(page: Page, bench: Bench) -> None:
    _configure(page, bench)
    page.press("apply")
    page.press("verify")
    bench.sql("UPDATE devices SET dial = 'SIP/201' WHERE id = '098098'")
    page.open()
    rows = page.driver.find_elements("css selector", "#omnileads-status tr")
    states = {each.get_attribute("data-row"): each.get_attribute("data-state") for each in rows}
    assert states == {"pbx->oml": "wrong", "oml->pbx": "unknown", "made": "well", "drift": "look"}
    assert not any(word in page.text for word in ("mysql", "product", "ami:", "pbx->oml"))
    # The name of a state must not be one of Bootstrap's classes: .well makes a box of it.
    dots = page.driver.find_elements("css selector", "#omnileads-status .omnileads-dot")
    assert len(dots) == len(rows) and all(dot.size["height"] < 20 for dot in dots)
    page.press("plan")
    assert page.findings.count(("warning", "drift.changed")) == 1, page.text


def test_the_link_code_is_the_commands(page: Page, bench: Bench) -> None:
    _configure(page, bench)
    assert not page.has("link-code")
    page.press("code")
    code = bench.run("code").out.strip()
    assert page.value("link-code") == code
    assert copied(page.driver, "omnileads-copy", clipboard=False) == "Copied"
    page.paste("extensions")
    assert page.value("extensions") == code


def test_editing_keeps_the_secret_and_what_the_page_does_not_show(page: Page, bench: Bench) -> None:
    _configure(page, bench)
    first = bench.read_link()
    sections = bench.json("show").document["values"]
    assert "secret" not in str(sections)
    content = bench.link.read_text().replace("trunk = issabel", "trunk = pbx_main")
    bench.link.write_text(content)
    page.open()
    assert page.value("extensions") == EXTENSION
    _configure(page, bench, extensions="5001 = 098098 = OML camp1\n5002")
    second = bench.read_link()
    assert (second.credentials, second.omnileads.trunk) == (first.credentials, "pbx_main")
    assert [(each.number, each.send, each.name) for each in second.extensions] == [
        ("5001", "098098", "OML camp1"), ("5002", "5002", "OML 5002"),
    ]  # fmt: skip
    page.tick("new_secret")
    page.press("configure")
    assert bench.read_link().credentials.secret != first.credentials.secret


def test_a_taken_number_is_shown_and_cannot_be_applied(page: Page, bench: Bench) -> None:
    bench.pbx.add_custom_extension("098098", "somebody", "SIP/other")
    _configure(page, bench)
    assert ("error", "plan.conflict") in page.findings
    assert not page.has("apply")


def test_values_not_allowed_are_shown_beside_the_form_and_nothing_is_saved(page: Page, bench: Bench) -> None:
    _configure(page, bench, oml_address="not an address", extensions="098098 = 098098 = O'Brien\n098098")
    severities = {severity for severity, _ in page.findings}
    assert severities == {"error"}
    assert page.value("oml_address") == "not an address"
    assert page.value("extensions").splitlines() == ["098098 = 098098 = O'Brien", "098098"]
    assert not bench.link.exists()


def test_hostile_text_is_shown_as_text(page: Page, site: Site, bench: Bench) -> None:
    bench.sql("INSERT INTO sip (id, keyword, data, flags) VALUES ('tr-peer-9', 'account', :name, 2),"
              " ('tr-peer-9', 'host', :host, 3), ('tr-peer-9', 'port', :port, 4)",
              name=HOSTILE, host=OML_ADDRESS, port=OML_PORT)  # fmt: skip
    _configure(page, bench)
    assert ("error", "pbx.same_peer") in page.findings
    assert "<script>window.hacked=1" in page.text  # read as text, so not run
    routes, transport = f"{HOSTILE} = 1XXX.", "$(id)`id`"
    _configure(page, bench, extensions=HOSTILE, oml_address=HOSTILE, pbx_routes=routes, transport=transport)
    assert page.value("oml_address") == HOSTILE
    assert page.value("extensions") == HOSTILE
    assert page.driver.execute_script("return window.hacked") is None
    assert page.problems == []
    assert not any("hacked" in word or "id)" in word for call in site.calls() for word in call)


def test_a_plan_that_is_no_longer_the_one_shown_is_not_applied(page: Page, bench: Bench) -> None:
    _configure(page, bench)
    bench.write_link(extensions={"098099": {"number": "098099", "send": "098099", "name": "OML camp2"}})
    before = bench.snapshot()
    page.press("apply")
    assert difference(before, bench.snapshot()) == {}
    assert page.has("apply")
    assert any("098099" in title for _, title in page.plan)
    page.press("apply")
    assert bench.json("plan").actions == []


def test_a_plan_that_changes_much_needs_a_word_more(page: Page, bench: Bench) -> None:
    _configure(page, bench, extensions="\n".join(EXTENSION.replace("098098", f"09809{digit}") for digit in range(4)))
    page.press("apply")
    before = bench.snapshot()
    _configure(page, bench, extensions="", pbx_routes="", oml_port="5199")
    assert ("error", "plan.too_large") in page.findings
    page.press("apply")
    assert difference(before, bench.snapshot()) == {}
    page.tick("force")
    page.press("apply")
    assert bench.json("plan").actions == []
    assert bench.sql("SELECT * FROM users") == []


def test_a_call_that_cannot_get_through_is_said(page: Page, bench: Bench) -> None:
    _configure(page, bench)
    page.press("apply")
    page.press("verify")
    assert ("error", "verify.unreachable") in page.findings  # nobody plays OML here
    page.press("diagnose")
    assert ("error", "diagnosis.cause") in page.findings
    assert "What is wrong, on OMniLeads" in page.text and "the port answers" in page.text


def test_a_link_that_follows_the_directory_is_planned_from_what_is_pasted(page: Page, bench: Bench) -> None:
    page.tick("from_directory")
    _configure(page, bench, extensions="", pbx_routes="")
    directory = '{"format": 1, "inbound_routes": [{"did": "4321", "name": "Ventas"}], "agents": []}'
    page.driver.find_element("name", "directory").send_keys(directory)
    page.press("plan")
    assert any("4321" in title for _, title in page.plan)
    page.press("apply")
    assert [row["name"] for row in bench.sql("SELECT name FROM users")] == ["OML Ventas"]


def test_the_page_speaks_spanish_and_portuguese(page: Page, bench: Bench) -> None:
    assert "Link with OMniLeads" in page.text
    page.open("es_ES")
    assert "Enlace con OMniLeads" in page.text
    _configure(page, bench)
    assert f"Troncal omnileads hacia {OML_ADDRESS}:{OML_PORT} (se crea)" in [line for _, line in page.plan]
    page.open("pt_PT")
    assert "Enlace com o OMniLeads" in page.text
    page.press("plan")
    assert f"Tronco omnileads para {OML_ADDRESS}:{OML_PORT} (novo)" in [line for _, line in page.plan]


def test_a_pbx_that_does_not_answer_is_a_finding_on_the_page(page: Page, bench: Bench) -> None:
    _configure(page, bench)
    bench.pbx.amportal.write_text(bench.pbx.amportal.read_text().replace("AMPDBPASS=", "AMPDBPASS=wrong"))
    page.press("plan")
    assert ("error", "database.refused") in page.findings
    assert not page.has("apply")
    assert page.value("oml_address") == OML_ADDRESS
