"""The plan: what is compared, what is ours, and that a change can be applied, reversed and written down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxlink.engine.image_template import Template, Templated
from pbxlink.engine.plan import (
    Action,
    Change,
    Image,
    Key,
    Plan,
    Row,
    RowChange,
    as_document,
    covers,
    image_of,
    make_plan,
    row_change,
)

ORDER = ("trunk", "route", "extension")
TRUNK, ROUTE, EXTENSION = Key("trunk", "omnileads"), Key("route", "all"), Key("extension", "600")
ONE = {"trunks": ({"trunkid": "1", "name": "omnileads"},)}
TWO = {"trunks": ({"trunkid": "1", "name": "other"},)}
Side = dict[Key, Image]

cells = st.none() | st.text(max_size=4)
rows = st.fixed_dictionaries({"id": st.sampled_from("abcdef"), "x": cells, "y": cells})
tables = st.lists(rows, max_size=5, unique_by=lambda row: row["id"]).map(tuple)
images = st.dictionaries(st.sampled_from(["sip", "trunks", "astdb"]), tables, max_size=3)
keys = st.builds(Key, st.sampled_from(ORDER), st.sampled_from(["a", "b", "c"]))
changes = st.builds(Change, st.sampled_from(Action), keys, st.none() | images, st.none() | images)
plans = st.builds(Plan, st.lists(changes, max_size=4).map(tuple))
sides = st.dictionaries(keys, images, max_size=6)


def actions(plan: Plan) -> list[tuple[Action, str]]:
    return [(change.action, str(change.key)) for change in plan.changes]


def test_create_update_delete_in_the_order_of_the_kinds() -> None:
    desired = {EXTENSION: ONE, TRUNK: ONE, ROUTE: ONE}
    assert actions(make_plan(desired, {}, (), ORDER)) == [
        (Action.CREATE, "trunk/omnileads"), (Action.CREATE, "route/all"), (Action.CREATE, "extension/600"),
    ]  # fmt: skip
    assert actions(make_plan(desired, dict.fromkeys(desired, TWO), desired, ORDER)) == [
        (Action.UPDATE, "trunk/omnileads"), (Action.UPDATE, "route/all"), (Action.UPDATE, "extension/600"),
    ]  # fmt: skip
    assert actions(make_plan({}, desired, desired, ORDER)) == [
        (Action.DELETE, "extension/600"), (Action.DELETE, "route/all"), (Action.DELETE, "trunk/omnileads"),
    ]  # fmt: skip


def test_deletions_go_by_the_order_of_the_kinds_and_not_by_their_names() -> None:
    owned = (ROUTE, TRUNK, EXTENSION, Key("route", "agents"))
    assert actions(make_plan({}, {}, owned, ("extension", "trunk", "route"))) == [
        (Action.DELETE, "route/agents"), (Action.DELETE, "route/all"),
        (Action.DELETE, "trunk/omnileads"), (Action.DELETE, "extension/600"),
    ]  # fmt: skip


def test_deletions_come_after_what_is_made() -> None:
    gone = Key("trunk", "old")
    plan = make_plan({EXTENSION: ONE}, {gone: ONE}, (gone,), ORDER)
    assert actions(plan) == [(Action.CREATE, "extension/600"), (Action.DELETE, "trunk/old")]


def test_what_is_equal_and_ours_is_no_change() -> None:
    assert not make_plan({TRUNK: ONE}, {TRUNK: ONE}, (TRUNK,), ORDER)


def test_what_is_equal_and_not_ours_is_adopted_and_not_written() -> None:
    plan = make_plan({TRUNK: ONE}, {TRUNK: ONE}, (), ORDER)
    assert actions(plan) == [(Action.ADOPT, "trunk/omnileads")]
    assert plan and not plan.writes and not plan.changes[0].writes
    assert plan.changes[0].before == plan.changes[0].after == ONE


def test_what_differs_and_is_not_ours_is_a_conflict_and_no_change() -> None:
    plan = make_plan({TRUNK: ONE, ROUTE: ONE}, {TRUNK: TWO}, (), ORDER)
    assert actions(plan) == [(Action.CREATE, "route/all")]
    assert [(change.key, change.before, change.after) for change in plan.conflicts] == [(TRUNK, TWO, ONE)]


def test_what_is_not_ours_and_not_wanted_is_left_alone() -> None:
    assert not make_plan({}, {TRUNK: ONE, ROUTE: ONE}, (), ORDER)


def test_what_is_ours_and_was_deleted_by_hand() -> None:
    assert actions(make_plan({TRUNK: ONE}, {}, (TRUNK,), ORDER)) == [(Action.CREATE, "trunk/omnileads")]
    (change,) = make_plan({}, {}, (TRUNK,), ORDER).changes
    assert (change.action, change.before, change.after) == (Action.DELETE, None, None)


def test_counts() -> None:
    plan = make_plan({TRUNK: ONE, ROUTE: ONE}, {ROUTE: TWO, EXTENSION: ONE}, (ROUTE, EXTENSION), ORDER)
    assert plan.counts() == {
        "create": 1, "update": 1, "delete": 1, "adopt": 0, "adopt_as_is": 0, "release": 0,
    }  # fmt: skip


@given(sides, sides, st.sets(keys))
def test_a_plan_writes_only_what_is_wanted_or_ours(desired: Side, observed: Side, owned: set[Key]) -> None:
    plan = make_plan(desired, observed, owned, ORDER)
    for change in plan.changes:
        assert change.key in desired or change.key in owned
        if change.action is Action.UPDATE:
            assert change.key in owned
        if change.action is Action.DELETE:
            assert change.key in owned and change.key not in desired
    assert not {change.key for change in plan.conflicts} & owned


@given(sides, sides, st.sets(keys))
def test_carried_out_a_plan_leaves_nothing_to_do(desired: Side, observed: Side, owned: set[Key]) -> None:
    plan = make_plan(desired, observed, owned, ORDER)
    after, ours = dict(observed), set(owned)
    for change in plan.changes:
        after.pop(change.key, None)
        if change.after is not None:
            after[change.key] = change.after
        (ours.discard if change.action is Action.DELETE else ours.add)(change.key)
    again = make_plan(desired, after, ours, ORDER)
    assert not again
    assert again.conflicts == plan.conflicts


@pytest.mark.parametrize(
    ("found", "wanted", "expected"),
    [
        ({"t": [{"a": "1"}]}, {"t": [{"a": "1"}]}, True),
        ({"t": [{"a": "1", "new": "x"}]}, {"t": [{"a": "1"}]}, True),
        ({"t": [{"a": "1"}], "u": [{"b": "2"}]}, {"t": [{"a": "1"}]}, True),
        ({"t": [{"a": "2"}]}, {"t": [{"a": "1"}]}, False),
        ({"t": [{"a": "1"}, {"a": "2"}]}, {"t": [{"a": "2"}, {"a": "1"}]}, True),
        ({"t": [{"a": "1"}, {"a": "2"}]}, {"t": [{"a": "1"}]}, False),
        ({"t": [{"a": "1"}]}, {"t": [{"a": "1"}, {"a": "1"}]}, False),
        ({"t": [{"a": "1"}, {"a": "1"}]}, {"t": [{"a": "1"}, {"a": "2"}]}, False),
        ({"t": [{"a": None}]}, {"t": [{"a": ""}]}, False),
        ({"t": [{}]}, {"t": [{"a": None}]}, True),
        ({}, {"t": []}, True),
        ({}, {"t": [{"a": "1"}]}, False),
        ({"t": [{"a": "1"}]}, {"t": []}, False),
        ({"t": [{"a": "1"}]}, {}, True),
    ],
)
def test_covers(found: Image, wanted: Image, expected: bool) -> None:
    assert covers(found, wanted) is expected


@given(images, st.randoms())
def test_an_image_covers_itself_in_any_order_and_with_more_columns(image: Image, random: Random) -> None:
    more = {table: [{**row, "more": "x"} for row in rows] for table, rows in image.items()}
    for rows_of in more.values():
        random.shuffle(rows_of)
    assert covers(image, image) and covers(more, image)


def carried_out(before: Sequence[Row], change: RowChange) -> dict[str, dict[str, str | None]]:
    """The rows by id after a RowChange, as a database would carry it out; refuses what a database would refuse."""
    table = {str(row["id"]): dict(row) for row in before}
    for row in change.deletes:
        assert table.pop(str(row["id"])) == row
    for row, cells_ in change.updates:
        assert table[str(row["id"])] == row and cells_
        table[str(row["id"])].update(cells_)
    for row in change.inserts:
        assert str(row["id"]) not in table
        table[str(row["id"])] = dict(row)
    return table


@given(tables, tables)
def test_a_row_change_turns_before_into_after(before: Sequence[Row], after: Sequence[Row]) -> None:
    change = row_change(before, after, ["id"])
    assert carried_out(before, change) == {row["id"]: row for row in after}
    back = row_change(after, before, ["id"])
    assert carried_out(after, back) == {row["id"]: row for row in before}


@given(tables)
def test_from_rows_to_themselves_nothing_changes(before: Sequence[Row]) -> None:
    assert row_change(before, before, ["id"]) == row_change((), (), ["id"])


@given(tables, tables)
def test_a_row_change_is_the_smallest(before: Sequence[Row], after: Sequence[Row]) -> None:
    old, new = {row["id"]: row for row in before}, {row["id"]: row for row in after}
    change = row_change(before, after, ["id"])
    assert {row["id"] for row in change.inserts} == set(new) - set(old)
    assert {row["id"] for row in change.deletes} == set(old) - set(new)
    for row, cells_ in change.updates:
        assert all(row[column] != cell and new[row["id"]][column] == cell for column, cell in cells_.items())


def test_cells_that_after_does_not_name_stay() -> None:
    (update,) = row_change([{"id": "a", "x": "1", "y": "2"}], [{"id": "a", "x": "3"}], ["id"]).updates
    assert update == ({"id": "a", "x": "1", "y": "2"}, {"x": "3"})
    assert row_change([{"id": "a", "x": None}], [{"id": "a", "x": ""}], ["id"]).updates[0][1] == {"x": ""}


def test_a_primary_key_of_several_columns() -> None:
    before = [{"id": "1", "tech": "sip"}, {"id": "1", "tech": "pjsip"}]
    change = row_change(before, before[:1], ["id", "tech"])
    assert change.deletes == (before[1],) and not change.inserts and not change.updates


@given(plans)
def test_reversed_twice_is_the_same(plan: Plan) -> None:
    assert plan.reverse().reverse() == plan
    assert [change.key for change in plan.reverse().changes] == [change.key for change in reversed(plan.changes)]


@given(changes)
def test_a_reversed_change_goes_back(change: Change) -> None:
    back = change.reverse()
    assert (back.before, back.after, back.key) == (change.after, change.before, change.key)
    opposite = {Action.CREATE: Action.DELETE, Action.DELETE: Action.CREATE}
    assert back.action is opposite.get(change.action, change.action)


@given(images)
def test_an_image_survives_json(image: Image) -> None:
    assert image_of(json.loads(json.dumps(as_document(image)))) == image
    assert image_of(as_document(None)) is None


def test_an_image_made_of_a_document_is_a_copy() -> None:
    document = {"t": [{"a": "1"}]}
    image = image_of(document)
    document["t"][0]["a"] = "2"
    assert image == {"t": ({"a": "1"},)}


def test_what_is_left_there_goes_when_a_resource_is_created_and_comes_back_with_an_undo() -> None:
    left: Image = {"astdb": ({"key": "/CW/600", "value": "x"},), "gone": ({"a": "1"},)}
    other = Key("extension", "601")
    plan = make_plan({EXTENSION: TWO, other: ONE}, {}, [], ORDER, remains={EXTENSION: left})
    by_key = {change.key: change for change in plan.changes}
    assert (by_key[EXTENSION].action, by_key[EXTENSION].before) == (Action.CREATE, left)
    assert by_key[EXTENSION].after == {"astdb": (), "gone": (), **TWO}
    assert (by_key[other].before, by_key[other].after) == (None, ONE)


def test_what_is_left_is_nothing_to_a_resource_that_is_there() -> None:
    plan = make_plan({TRUNK: ONE}, {TRUNK: TWO}, [TRUNK], ORDER, remains={TRUNK: ONE})
    assert plan.changes == (Change(Action.UPDATE, TRUNK, TWO, ONE),)


def test_what_was_adopted_is_given_back_and_not_deleted() -> None:
    observed: dict[Key, Image] = {TRUNK: ONE, ROUTE: ONE}
    plan = make_plan({}, observed, [TRUNK, ROUTE, EXTENSION], ORDER, adopted=[TRUNK, EXTENSION])
    assert plan.changes == (
        Change(Action.DELETE, EXTENSION, None, None),
        Change(Action.DELETE, ROUTE, ONE, None),
        Change(Action.RELEASE, TRUNK, ONE, ONE),
    )
    assert [change.gives_up for change in plan.changes] == [True, True, True]
    assert [change.writes for change in plan.changes] == [True, True, False]


def test_a_plan_without_some_keys_keeps_its_conflicts() -> None:
    kept, left = Change(Action.CREATE, TRUNK, None, ONE), Change(Action.CREATE, ROUTE, None, ONE)
    conflict = Change(Action.UPDATE, EXTENSION, ONE, TWO)
    assert Plan((kept, left), (conflict,)).without({ROUTE}) == Plan((kept,), (conflict,))


def test_what_a_plan_changes_is_said_in_the_words_given_and_so_is_its_undo() -> None:
    def words(key: Key, image: Image) -> Key:
        return Key("said", f"{key} {image['trunks'][0]['name']}")

    made, changed = Change(Action.CREATE, TRUNK, None, ONE), Change(Action.UPDATE, ROUTE, ONE, TWO)
    plan = Plan((made, changed), (changed,)).worded(words)
    assert plan == Plan((made, changed), (changed,))
    assert [str(each.said) for each in plan.changes] == ["said/trunk/omnileads omnileads", "said/route/all other"]
    assert [str(each.said) for each in plan.conflicts] == ["said/route/all other"]
    undone = [str(each.said) for each in plan.reverse().changes]
    assert undone == ["said/route/all omnileads", "said/trunk/omnileads omnileads"]


def test_a_change_is_said_by_its_kind_and_name_where_there_are_no_words_or_nothing_to_say() -> None:
    nothing = Change(Action.DELETE, TRUNK, None, None)
    assert Change(Action.CREATE, TRUNK, None, ONE).said == TRUNK == nothing.said
    assert Plan((nothing,)).worded(lambda key, image: ROUTE).changes[0].said == TRUNK


def test_an_empty_cell_is_not_one_without_a_value() -> None:
    assert not covers({"t": ({"a": ""},)}, {"t": ({"a": None},)})
    assert not covers({"t": ({"a": None},)}, {"t": ({"a": ""},)})
    assert covers({"t": ({},)}, {"t": ({"a": None},)})


@pytest.mark.parametrize("values", [("600", "x"), ("600", "y")])
def test_images_of_one_template_are_compared_by_their_values(
    values: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    template = Template({"t": [{"id": ("{0}",), "name": ("{1}",)}]})
    wanted, found = Templated(template, ("600", "x")), Templated(template, values)
    if values == wanted.values_:
        monkeypatch.setattr("pbxlink.engine.plan._same_rows", lambda found, rows: pytest.fail("cell by cell"))
    assert covers(found, wanted) is (values == wanted.values_)


def test_only_writing_actions_write_and_only_adopting_ones_adopt() -> None:
    made = {action: Change(action, TRUNK, ONE, ONE) for action in Action}
    assert {action for action, each in made.items() if each.writes} == {Action.CREATE, Action.UPDATE, Action.DELETE}
    assert {action for action, each in made.items() if each.adopts} == {Action.ADOPT, Action.ADOPT_AS_IS}
    assert {action for action, each in made.items() if each.gives_up} == {Action.DELETE, Action.RELEASE}
