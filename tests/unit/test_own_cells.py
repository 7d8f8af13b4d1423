"""What is the link's of a resource and what its users': compared, set right and remembered; rows and templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from pbxlink.engine.image_template import Template, Templated
from pbxlink.engine.own_cells import OwnCells, OwnRows

OWN = OwnCells(
    {
        "devices": OwnRows(frozenset({"id", "dial"})),
        "astdb": OwnRows(by="key", names=frozenset({"/DEVICE/{0}/dial", "/DEVICE/{0}/user"})),
    },
    form=("devices", "tech"),
)
FORM = Template(
    {
        "devices": [{"id": ("{0}",), "tech": "custom", "dial": ("{1}",), "ring": "0"}],
        "astdb": [
            {"key": ("/DEVICE/{0}/dial",), "value": ("{1}",)},
            {"key": ("/DEVICE/{0}/user",), "value": ("{0}",)},
            {"key": ("/CW/{0}",), "value": "ENABLED"},
        ],
    }
)
WANTED = Templated(FORM, ("201", "SIP/a"))
Image = Mapping[str, Sequence[Mapping[str, Any]]]


def plain(image: Image) -> dict[str, list[dict[str, Any]]]:
    return {table: sorted((dict(row) for row in rows), key=str) for table, rows in image.items()}


def changed(**cells: str) -> Templated:
    """As the link wants it, but that its users set something."""
    tables = {table: [dict(row) for row in rows] for table, rows in FORM.tables.items()}
    tables["devices"][0].update(cells)
    return Templated(Template(tables), WANTED.values_)


@pytest.mark.parametrize("is_formed", [True, False])
def test_what_is_not_ours_stays_as_it_is_found(is_formed: bool) -> None:
    formed = changed(ring="30")
    found: Image = formed if is_formed else plain(formed)
    assert plain(OWN.laid_over("201", found, WANTED)) == plain(found)
    laid = plain(OWN.laid_over("201", found, Templated(FORM, ("201", "SIP/b"))))
    assert laid["devices"] == [{"id": "201", "tech": "custom", "dial": "SIP/b", "ring": "30"}]
    assert {"key": "/DEVICE/201/dial", "value": "SIP/b"} in laid["astdb"]


def test_lines_that_were_ours_when_they_were_written_are_missed() -> None:
    """A link that says less now than it did: what it wrote then still counts as changed where somebody took it away."""
    own = OwnCells({"trunk": OwnRows(lines=("text", frozenset({"host"})))})
    written = {"trunk": [{"text": "host=a\r\nmedia=sdes"}]}
    laid = own.differs("t", {"trunk": [{"text": "host=a\r\nring=5"}]}, written)
    assert laid is not None and laid["trunk"][0]["text"] == "host=a\r\nmedia=sdes\r\nring=5"
    assert own.differs("t", {"trunk": [{"text": "ring=5\r\nmedia=sdes\r\nhost=a"}]}, written) is None


def test_what_is_not_there_gets_all_of_it() -> None:
    assert OWN.laid_over("201", None, WANTED) is WANTED


def test_what_is_of_another_form_is_replaced_whole() -> None:
    assert plain(OWN.laid_over("201", changed(tech="sip", ring="30"), WANTED)) == plain(WANTED)


def test_a_default_that_somebody_took_away_stays_away_unless_ours_is_missing_too() -> None:
    found = plain(WANTED)
    del found["astdb"][0]
    assert found["astdb"][0]["key"] != "/CW/201"
    assert plain(OWN.laid_over("201", found, WANTED)) == found
    assert plain(OWN.laid_over("201", {**found, "astdb": found["astdb"][:1]}, WANTED)) == plain(WANTED)


def test_what_is_ours_is_cut_out_alike_of_a_template_and_of_rows() -> None:
    ours = {
        "devices": [{"id": "201", "dial": "SIP/a"}],
        "astdb": [{"key": "/DEVICE/201/dial", "value": "SIP/a"}, {"key": "/DEVICE/201/user", "value": "201"}],
    }
    assert plain(OWN.cut("201", WANTED)) == plain(OWN.cut("201", plain(WANTED))) == ours


@pytest.mark.parametrize("is_formed", [True, False])
def test_only_what_is_ours_can_differ_from_what_was_written(is_formed: bool) -> None:
    written = OWN.cut("201", WANTED)
    found: Image = changed(ring="30") if is_formed else plain(changed(ring="30"))
    assert OWN.differs("201", found, written) is None
    other: Image = Templated(FORM, ("201", "SIP/x")) if is_formed else plain(Templated(FORM, ("201", "SIP/x")))
    was = OWN.differs("201", other, written)
    assert was is not None and plain(was)["devices"][0]["dial"] == "SIP/a"


def test_what_the_link_said_when_it_was_written_is_compared_too() -> None:
    more = OwnCells({"devices": OwnRows(frozenset({"id", "dial", "ring"}))})
    written = more.cut("201", changed(ring="30"))
    assert OWN.differs("201", changed(ring="30"), written) is None
    assert OWN.differs("201", changed(ring="0"), written) is not None


LINES = OwnCells({"trunk": OwnRows(frozenset({"text"}), lines=("text", frozenset({"type", "context", "send_pai"})))})


def text(*lines: str) -> Image:
    return {"trunk": [{"text": "\r\n".join(lines), "channels": "5"}]}


def test_lines_of_a_cell_are_ours_by_their_key() -> None:
    found = text("context=a", "type=wizard", "direct_media=no")
    assert plain(LINES.laid_over("x", found, text("type=wizard", "context=a"))) == plain(found)
    assert plain(LINES.laid_over("x", found, text("type=wizard", "context=b"))) == plain(
        text("type=wizard", "context=b", "direct_media=no")
    )
    assert plain(LINES.laid_over("x", text("send_pai=yes", "type=wizard"), text("type=wizard"))) == plain(
        text("type=wizard")
    )
    assert plain(LINES.cut("x", found)) == {"trunk": [{"text": "context=a\r\ntype=wizard"}]}
    assert LINES.differs("x", found, LINES.cut("x", text("context=a", "type=wizard"))) is None


PATTERNS = OwnCells({"patterns": OwnRows(frozenset({"pattern"})), "trunks": OwnRows(by="id", names=frozenset({"2"}))})


def rows(*patterns: tuple[str, str]) -> list[dict[str, str]]:
    return [{"pattern": pattern, "cid": cid} for pattern, cid in patterns]


def test_of_a_list_what_is_wanted_stays_as_it_stands_and_what_is_not_goes() -> None:
    found = {"patterns": rows(("1X", "201"), ("2X", "")), "trunks": [{"id": "9", "seq": "0"}]}
    wanted = {"patterns": rows(("1X", ""), ("3X", ""), ("4X", "")), "trunks": [{"id": "2", "seq": "1"}]}
    laid = plain(PATTERNS.laid_over("r", found, wanted))
    assert laid["patterns"] == rows(("1X", "201"), ("3X", ""), ("4X", ""))
    assert laid["trunks"] == [{"id": "2", "seq": "1"}, {"id": "9", "seq": "0"}]
