"""The page with several links: their list, names that are free for a new one, and none written over another."""

from __future__ import annotations

import re

from pbxlink.link import link_code, link_file
from pbxlink.link.link_sections import mapping_of
from tests.oml.desk import Desk
from tests.oml.plugin import SECRET

pytest_plugins = ["tests.oml.page_fixtures"]

SAVE = """
from oml_plugin.storage import saved_links
from pbxlink.link import link_code
for code in {codes!r}:
    saved_links.store(link_code.decode(code))
"""


def codes(desk: Desk, *names: str) -> list[str]:
    """A code for each name, each of a PBX of its own."""
    found = []
    for number, name in enumerate(names, 11):
        code_of = desk.oml.link(trunk=f"pbx_{name}", pbx=f"127.0.1.{number}", secret=f"{SECRET}{name}")
        code_of.write_text(code_of.read_text().replace("name = test", f"name = {name}"))
        found.append(link_code.encode(link_file.read(code_of)))
    return found


def test_the_list_says_where_each_leads_and_whether_it_is_in_force(desk: Desk) -> None:
    desk.applied()
    desk.oml.python(SAVE.format(codes=codes(desk, "north", "south")))
    found = desk.admin.get("/pbx_link/")
    assert found.page == "links"
    rows = re.findall(r'<tr data-link="(\w+)" data-applied="(\w+)">.*?</td><td>([\d.]+):\d+</td><td>(\w+)', found.text)
    assert [(name, applied, trunk) for name, applied, _, trunk in rows] == [
        ("north", "no", "pbx_north"), ("south", "no", "pbx_south"), ("test", "yes", "issabel"),
    ]  # fmt: skip
    assert SECRET not in found.text


def test_a_new_links_names_are_free_and_no_form_writes_over_another_link(desk: Desk) -> None:
    code = desk.code().strip()
    desk.oml.python(SAVE.format(codes=codes(desk, "omnileads")))
    desk.oml.python(
        "from configuracion_telefonia_app.models import TroncalSIP as T; T.objects.create(nombre='issabel')"
    )
    form = desk.admin.get("/pbx_link/new/").text
    assert 'value="omnileads2"' in form and 'value="issabel2"' in form
    before = desk.oml.python("from oml_plugin.models import SavedLink as S; answer = list(S.objects.values())")
    [other] = codes(desk, "omnileads")
    sections = mapping_of(link_code.decode(other))
    sections["pbx"]["address"], sections["credentials"]["secret"] = "127.0.9.9", "Another-Secret-0123456789"
    stranger = link_code.encode(link_file.from_mapping(sections))
    refused = desk.admin.post("/pbx_link/new/", {"enter": "code", "code": stranger})
    assert ("error", "saved.other_pbx") in refused.findings
    assert desk.oml.python("from oml_plugin.models import SavedLink as S; answer = list(S.objects.values())") == before
    assert desk.admin.post("/pbx_link/new/", {"enter": "code", "code": code}).page == "plan"
    assert desk.saved == ["omnileads", "test"]
