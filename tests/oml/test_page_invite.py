"""The page that invites a PBX."""

from __future__ import annotations

import html
import re

from pbxlink.link import invitation
from tests.oml.desk import Desk
from tests.stack.process import wait_until

pytest_plugins = ["tests.oml.page_fixtures"]

FINGERPRINT = "sha256:" + "5a" * 32


def test_one_button_gives_a_line_to_paste_and_stores_no_token(page_desk: Desk) -> None:
    assert 'id="pbx-link-invite"' in page_desk.admin.get("/pbx_link/").text
    asked = {"url": "https://oml.example:8443", "address": "10.0.0.2", "certificate": FINGERPRINT}
    shown = page_desk.admin.post("/pbx_link/invite/", asked)
    found = re.search(r'id="pbx-link-invitation"[^>]*>([^<]+)<', shown.text)
    assert found, shown.text
    given = invitation.decode(html.unescape(found[1]))
    assert given.url == "https://oml.example:8443/pbx_link/api/pair/"
    assert (given.address, given.certificate) == ("10.0.0.2", FINGERPRINT)
    assert not page_desk.site.sees(given.token)
    again = page_desk.admin.get("/pbx_link/invite/")
    assert given.token not in again.text and 'data-stage="invited"' in again.text


def test_what_cannot_be_is_told_at_once(page_desk: Desk) -> None:
    shown = page_desk.admin.post(
        "/pbx_link/invite/", {"url": "https://oml.example", "address": "no host", "certificate": FINGERPRINT}
    )
    assert ("error", "invite.address") in shown.findings
    looking = page_desk.admin.post("/pbx_link/invite/", {"url": "https://127.0.0.1:9", "address": "10.0.0.2"})
    asked = looking.path.partition("?")[2]
    assert wait_until(lambda: not page_desk.admin.get(f"/pbx_link/invite/?{asked}").is_refreshing, 60)
    assert ("error", "token.unreachable") in page_desk.admin.get(f"/pbx_link/invite/?{asked}").findings
