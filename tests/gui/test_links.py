"""Several links on one PBX, by requests to the page: listed, one chosen, one more made, one removed."""

from __future__ import annotations

import re
from pathlib import Path

from pbxlink.link import link_file
from tests.gui.site import Site, Visitor
from tests.gui.test_requests import FORM
from tests.pbx.product import OML_ADDRESS, Bench, difference

pytest_plugins = ["tests.pbx.product_fixtures", "tests.gui.fixtures"]


def form(bench: Bench, number: int, **more: str) -> dict[str, str]:
    """The form of the link to that OML."""
    own = {"pbx_address": bench.pbx.params.address, "pbx_port": str(bench.pbx.params.sip_port)}
    oml = {"oml_address": OML_ADDRESS[:-1] + str(number), "extensions": f"09{number} = 098098 = OML {number}"}
    return {**FORM, **own, **oml, **more}


def listed(page: str) -> list[str]:
    return re.findall(r'<tr data-link="([^"]+)"', page)


def hidden(page: str) -> set[tuple[str, str]]:
    return set(re.findall(r'<input type="hidden" name="(link|new)" value="([^"]+)"', page))


def test_three_links_are_made_chosen_applied_and_one_is_removed(site: Site, bench: Bench) -> None:
    visitor = Visitor(site)
    token = visitor.token()
    before = bench.snapshot()
    for number in (3, 4, 5):
        page = visitor.get("&new=yes")
        assert hidden(page) == {("new", "yes")}
        page = visitor.post({"action": "configure", "new": "yes", "omnileads_token": token, **form(bench, number)})
        assert "php-problem" not in page
        [(field, name)] = hidden(page)
        assert (field, name) == ("link", {3: "omnileads", 4: "omnileads2", 5: "omnileads3"}[number])
        page = visitor.post({"action": "apply", "link": name, "omnileads_token": token})
        assert "Applied and proved; changes: " in page, page
    files = sorted(path.name for path in bench.link.parent.iterdir())
    assert files == ["link.conf", "omnileads2.conf", "omnileads3.conf"]
    page = visitor.get()
    assert listed(page) == ["omnileads", "omnileads2", "omnileads3"] and 'id="omnileads-plan"' not in page
    assert hidden(visitor.get("&link=omnileads2")) == {("link", "omnileads2")}
    all_three = bench.snapshot()
    words = {"action": "remove", "link": "omnileads2", "confirm": "yes", "forget": "yes", "omnileads_token": token}
    page = visitor.post(words)
    assert "The link is gone from this PBX" in page and listed(page) == ["omnileads", "omnileads3"]
    lost = repr({name: gone for name, (gone, _) in difference(all_three, bench.snapshot()).items() if name != "files"})
    assert "omnileads2" in lost and "omnileads3" not in lost and "095" not in lost and "093" not in lost
    assert not (bench.link.parent / "omnileads2.conf").exists()
    for name in ("omnileads", "omnileads3"):
        visitor.post({"action": "remove", "link": name, "confirm": "yes", "omnileads_token": token})
    assert difference(before, bench.snapshot()) == {}


def test_a_link_that_is_not_listed_is_never_a_path(site: Site, bench: Bench, tmp_path: Path) -> None:
    bench.write_link()
    secret = tmp_path / "elsewhere.conf"
    secret.write_bytes(bench.link.read_bytes())
    visitor = Visitor(site)
    token = visitor.token()
    site.forget()
    for name in (str(secret), "../elsewhere", "--host", "nobody", "link.conf"):
        page = visitor.post({"action": "code", "link": name, "omnileads_token": token})
        assert "OMLINK1" not in page and "php-problem" not in page
    assert set(site.commands()) == {"links"}
    assert not any(str(secret) in call or "--host" in call for call in site.calls())


def test_editing_one_link_leaves_the_others_file_alone(site: Site, bench: Bench) -> None:
    visitor = Visitor(site)
    token = visitor.token()
    for number in (3, 4):
        visitor.post({"action": "configure", "new": "yes", "omnileads_token": token, **form(bench, number)})
    first, second = bench.link, bench.link.parent / "omnileads2.conf"
    before, kept = first.read_bytes(), link_file.read(second).credentials
    changed = form(bench, 4, pbx_routes="more = 7XXX")
    visitor.post({"action": "configure", "link": "omnileads2", "omnileads_token": token, **changed})
    assert first.read_bytes() == before
    link = link_file.read(second)
    assert (link.credentials, [route.name for route in link.pbx_routes]) == (kept, ["more"])
