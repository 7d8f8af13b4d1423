"""What is shown of plans and findings, and that no secret ever is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxlink.console import plan_lines, report
from pbxlink.engine.masked_images import hide
from pbxlink.engine.plan import Action, Change, Image, Key, Plan
from pbxlink.link import trunk_settings
from pbxlink.link.model import Credentials, Link
from pbxlink.messages.catalogue import LANGUAGES
from pbxlink.messages.findings import error, info, term, warning
from pbxlink.messages.masking import masked as without
from tests.unit import strategies as draw
from tests.unit.test_plan import plans

SECRET, OTHER = "Hunter2-Hunter2", "Hunter3.Hunter3"
LINK = draw.example(credentials=Credentials(SECRET, OTHER))
TRUNK = Key("trunk", "omnileads")


def peer_image(link: Link, secret_keyword: str = "secret") -> Image:
    rows = [{"id": "tr-peer-1", "keyword": key, "data": value} for key, value in trunk_settings.peer_details(link)]
    for row in rows:
        row["keyword"] = secret_keyword if row["keyword"] == "secret" else row["keyword"]
    return {"trunks": ({"trunkid": "1", "name": "omnileads"},), "sip": tuple(rows)}


def wizard_image(link: Link) -> Image:
    return {
        "TroncalSIP": ({"nombre": "issabel", "text_config": trunk_settings.wizard_text(link), "register_string": None},)
    }


def shown(*changes: Change, secrets: Any = ()) -> str:
    """Everything that is ever shown of changes, in every language."""
    texts = []
    for language in LANGUAGES:
        texts += [
            report.document(language, changes=changes, secrets=secrets),
            *plan_lines.lines(changes, language, with_rows=True),
        ]
    return "\n".join(texts)


IMAGES = {
    "peer": peer_image(LINK),
    "peer typed in capitals": peer_image(LINK, "Secret"),
    "wizard": wizard_image(LINK),
    "register": {"sip": ({"id": "tr-reg-1", "keyword": "register", "data": f"u:{SECRET}@h"},)},
    "md5": {"sip": ({"id": "tr-peer-1", "keyword": "md5secret", "data": SECRET},)},
    "wizard register string": {
        "TroncalSIP": ({"nombre": "x", "text_config": "", "register_string": f"password={SECRET}"},)
    },
    "wizard typed by hand": {"TroncalSIP": ({"text_config": f"Inbound_Auth/Password = {SECRET}\ntype=wizard"},)},
}


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("action", Action)
def test_no_secret_of_anybody_shows_in_a_plan(name: str, action: Action) -> None:
    """Not even one that the link does not know, as that of a trunk made by hand."""
    image = IMAGES[name]
    for change in (
        Change(action, TRUNK, None, image),
        Change(action, TRUNK, image, None),
        Change(action, TRUNK, image, image),
    ):
        assert "Hunter" not in shown(change)


@given(draw.links())
def test_no_drawn_secret_shows_in_a_plan_or_finding(drawn: Link) -> None:
    pair = drawn.credentials
    link = replace(
        drawn, credentials=Credentials(f"Hunter{pair.secret}", pair.return_secret and f"Hunter{pair.secret}2")
    )
    changes = [Change(Action.CREATE, TRUNK, None, image) for image in (peer_image(link), wizard_image(link))]
    changes.append(Change(Action.UPDATE, TRUNK, changes[0].after, peer_image(LINK)))
    text = shown(*changes)
    assert "Hunter" not in text
    finding = error("apply.unexpected", type="X", text=f"password={link.credentials.secret}")
    assert link.credentials.secret not in report.document("en", [finding], secrets=link.credentials.all)
    assert json.loads(text.split("\n}\n")[0] + "\n}")["changes"]


def test_hiding_leaves_the_rest_and_the_original_as_they_are() -> None:
    image = {**IMAGES["peer"], **IMAGES["wizard"]}
    hidden = hide(image)
    assert hidden is not None and image["sip"][6]["data"] == SECRET
    assert [row["data"] for row in hidden["sip"] if row["keyword"] in {"secret", "remotesecret"}] == ["********"] * 2
    assert [row for row in hidden["sip"] if row["data"] != "********"] == [
        row for row in image["sip"] if row["data"] not in {SECRET, OTHER}
    ]  # fmt: skip
    text = str(hidden["TroncalSIP"][0]["text_config"])
    assert text == trunk_settings.wizard_text(LINK).replace(SECRET, "********").replace(OTHER, "********")
    assert hide(None) is None and hide({}) == {}


def test_an_empty_secret_is_seen_to_be_empty() -> None:
    hidden = hide({"sip": ({"keyword": "secret", "data": ""}, {"keyword": "secret", "data": None})})
    assert hidden == {"sip": ({"keyword": "secret", "data": ""}, {"keyword": "secret", "data": ""})}


@pytest.mark.parametrize("secrets", [[SECRET], [SECRET, SECRET + "more"], [SECRET + "more", SECRET, ""], []])
def test_masked(secrets: list[str]) -> None:
    content = f"a {SECRET}more b {SECRET} c"
    masked = without(content, secrets)
    assert not any(secret in masked for secret in secrets if secret)
    assert masked.startswith("a ") and masked.endswith(" c")
    assert "more" in masked if SECRET + "more" not in secrets else "more" not in masked


@given(plans, st.lists(st.sampled_from([error("linkcode.form"), info("apply.restored")])), st.sampled_from(LANGUAGES))
def test_a_document_is_one_json_document(plan: Plan, findings: list[Any], language: str) -> None:
    document = json.loads(report.document(language, findings, plan.changes, applied=True))
    assert list(document) == ["findings", "changes", *(["plan"] if plan.changes else []), "applied"]
    assert [each["code"] for each in document["findings"]] == [finding.code for finding in findings]
    for each, change in zip(document["changes"], plan.changes):
        assert (each["action"], each["kind"], each["key"]) == (change.action.value, change.key.kind, change.key.name)
        assert (each["before"] is None, each["after"] is None) == (change.before is None, change.after is None)


@given(plans)
def test_the_cells_of_a_document_are_those_that_change(plan: Plan) -> None:
    for each in json.loads(report.document("en", changes=plan.changes))["changes"]:
        if each["action"] == "adopt":
            assert each["cells"] == []
        for cell in each["cells"]:
            assert cell["before"] or cell["after"]


def test_before_and_after_are_told_cell_by_cell() -> None:
    before, after = {"t": ({"a": "1", "b": "x", "c": None},)}, {"t": ({"a": "2", "b": "x", "c": ""},)}
    lines = list(plan_lines.lines([Change(Action.UPDATE, Key("route", "all"), before, after)], "en", with_rows=True))
    assert lines == [" ~ Outbound route all (changed: a, c)", "     t: a: '1' -> '2'", "     t: c: (-) -> ''"]


def test_a_changed_secret_is_seen_to_change() -> None:
    change = Change(
        Action.UPDATE, TRUNK, IMAGES["peer"], peer_image(draw.example(credentials=Credentials("x" * 20, OTHER)))
    )
    assert list(plan_lines.lines([change], "en", with_rows=True)) == [
        " ~ Trunk omnileads (changed: secret)", "     sip: secret: '********' -> '********'",
    ]  # fmt: skip


def test_a_changed_line_of_a_wizard_text_is_told_alone() -> None:
    moved = draw.example(
        credentials=LINK.credentials, pbx=type(LINK.pbx)("10.0.0.9", 5066, LINK.pbx.technology, "omnileads", "x")
    )
    (document,) = json.loads(
        report.document("en", changes=[Change(Action.UPDATE, TRUNK, wizard_image(LINK), wizard_image(moved))])
    )["changes"]
    assert document["cells"] == [
        {
            "table": "TroncalSIP",
            "name": "remote_hosts",
            "before": "192.168.95.240:5060",
            "after": "10.0.0.9:5066",
        }
    ]


@pytest.mark.parametrize(
    ("action", "title"),
    [
        (Action.CREATE, " + Outbound route r (new)"),
        (Action.DELETE, " - Outbound route r (deleted)"),
        (Action.ADOPT, " = Outbound route r (adopted: already equal)"),
    ],
)
def test_marks(action: Action, title: str) -> None:
    image = {"t": ({"a": "1", "b": ""},), "astdb": ({"key": "k", "value": "v"}, {"key": "l", "value": "w"}), "none": ()}
    before, after = (None, image) if action is Action.CREATE else (image, None if action is Action.DELETE else image)
    lines = list(plan_lines.lines([Change(action, Key("route", "r"), before, after)], "en", with_rows=True))
    assert lines[0] == title
    whole = ["     t: a='1', b=''", "     AstDB: k = 'v'", "     AstDB: l = 'w'"]
    assert lines[1:] == ([] if action is Action.ADOPT else whole)


def test_with_rows_nothing_is_shortened() -> None:
    rows = tuple({column: str(number) for column in "abcdefgh"} for number in range(9))
    keys = tuple({"key": f"/k/{number}", "value": str(number)} for number in range(25))
    image: Image = {"t": rows, "astdb": keys, "astdb_extra": keys[:1]}
    (first, *told) = plan_lines.lines([Change(Action.CREATE, TRUNK, None, image)], "en", with_rows=True)
    assert told[0] == "     t: " + ", ".join(f"{column}='0'" for column in "abcdefgh")
    assert len(told) == 9 + 25 + 1 and told[9:] == [f"     AstDB: /k/{n} = '{n}'" for n in (*range(25), 0)]
    other: Image = {"astdb": tuple({**key, "value": "x"} for key in keys)}
    (first, *told) = plan_lines.lines([Change(Action.UPDATE, TRUNK, image, other)], "en", with_rows=True)
    assert "..." not in first and [f"     AstDB: /k/{n}: '{n}' -> 'x'" for n in range(25)] == told
    changes = [Change(Action.DELETE, Key("extension", str(number)), {"t": rows[:1]}, None) for number in range(50)]
    assert len(list(plan_lines.lines(changes, "en", with_rows=True))) == 100
    assert list(plan_lines.lines(changes, "es")) == [" - 50 × extensión personalizada, de 0 a 49 (se borra)"]


def test_a_cell_of_many_lines_is_told_line_by_line_and_what_is_cleared_away_by_its_sign() -> None:
    left: Image = {"t": ({"a": "1"},), "u": ({"a": None},)}
    new: Image = {"t": ({"a": "2", "text": "x=1\r\ny=2"},), "u": ()}
    lines = list(plan_lines.lines([Change(Action.CREATE, TRUNK, left, new)], "en", with_rows=True))
    assert lines[1:] == [
        "     t: - a='1'", "     t: + a='2'", "     t: + text: x=1", "     t: + text: y=2", "     u: - a=(-)",
    ]  # fmt: skip


def test_up_to_twenty_alike_have_a_line_each() -> None:
    trunk = Change(Action.CREATE, TRUNK, None, {"t": ()})
    alike = [Change(Action.CREATE, Key("extension", str(number)), None, {"t": ()}) for number in range(100, 121)]
    few, many = list(plan_lines.lines([trunk, *alike[:20]], "en")), list(plan_lines.lines([trunk, *alike], "en"))
    assert few == [" + Trunk omnileads (new)", *(f" + Custom extension {n} (new)" for n in range(100, 120))]
    assert many == [" + Trunk omnileads (new)", " + 21 × custom extension, from 100 to 120 (new)"]
    document = json.loads(report.document("en", changes=[trunk, *alike]))
    assert [(each["first"], each["count"]) for each in document["plan"]] == [(0, 1), (1, 21)]
    assert [each["line"] for each in document["plan"]] == [line[3:] for line in many]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_done_is_not_said_in_the_words_of_a_plan(language: str) -> None:
    image: Image = {"t": ({"a": "1"},)}
    alike = [Change(Action.CREATE, Key("extension", str(number)), None, image) for number in range(21)]
    for changes in ([Change(Action.CREATE, TRUNK, None, image)], alike):
        done = {"es": "se creó", "en": "created", "pt": "criado"}[language]
        document = json.loads(report.document(language, changes=changes, is_done=True))
        for told in ([each["line"] for each in document["plan"]], plan_lines.lines(changes, language, is_done=True)):
            assert [each.endswith(f"({done})") for each in told] == [True]
        assert {each["line"].partition("(")[2] for each in document["changes"]} == {f"{done})"}


def test_a_change_is_said_in_the_words_of_its_side() -> None:
    words = term("line.extension_did", name="8001 Ventas", send="098098")
    image: Image = {"devices": ({"id": "8001"},)}
    change = Change(Action.CREATE, Key("extension", "8001"), None, image, lambda key, found: words)
    assert plan_lines.line(change, "en") == "Custom extension 8001 Ventas → DID 098098 (new)"
    assert plan_lines.line(change.reverse(), "es") == "Extensión personalizada 8001 Ventas → DID 098098 (se borra)"
    assert plan_lines.line(replace(change, before={}, action=Action.DELETE, after=None), "pt").endswith("(excluído)")


def test_the_keys_of_astdb_are_one_line_on_a_page() -> None:
    image: Image = {"t": ({"a": "1"},), "astdb": ({"key": "k", "value": "v"}, {"key": "l", "value": "w"})}
    document = json.loads(report.document("en", changes=[Change(Action.CREATE, TRUNK, None, image)]))
    assert document["changes"][0]["shown"] == [
        {"where": "t a", "before": None, "after": "1"},
        {"where": "AstDB", "before": None, "after": "AstDB: 2 keys"},
    ]


def test_findings_have_their_sign_and_hint() -> None:
    findings = [error("linkcode.checksum"), warning("reload.pending"), info("apply.restored")]
    assert list(report.finding_lines(findings, "en")) == [
        " x The link code was cut or altered",
        "     -> Copy it again whole; nothing was changed",
        " ! Somebody else's changes are pending on the PBX; they will be applied together with ours",
        "     -> Look at them in the GUI before going on",
        " . Everything was put back as it was before",
    ]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_document_bit_by_bit_is_the_one_that_json_writes(count: int) -> None:
    changes = [Change(Action.CREATE, TRUNK, None, peer_image(LINK))] * count
    found = [error("lock.held", seconds=1)] * count
    whole = "".join(report.pieces("en", found, changes, LINK.secrets, side={"a": [], "b": "one\ntwo"}, owned=[]))
    assert whole == json.dumps(json.loads(whole), indent=2, ensure_ascii=False)
    assert SECRET not in whole
