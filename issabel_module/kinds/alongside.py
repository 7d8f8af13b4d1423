"""What the vendor's own page changes of other things when it deletes an extension: it takes the number out of the lists
of ring groups and its voicemail box away (seen by deleting in the page of IssabelPBX 2.12 an extension that had both).

Whose things these are: people's. They are changed with the extension, journaled and put back with it, and never ours.
What named the number before the extension was made stays when that goes: so it was before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from issabel_module.flavours.flavour import ExtensionForm
from issabel_module.kinds import companion_rows
from issabel_module.storage.database import Database
from issabel_module.storage.tables import PRIMARY_KEYS, VOICEMAIL_TABLE
from issabel_module.storage.voicemail_boxes import VoicemailBoxes
from pbxlink.engine.owned import Places
from pbxlink.engine.plan import Action, Change, Image, Key, Plan, Row

LIST, BOX = "member_list", "voicemail"


def changes(
    database: Database,
    boxes: VoicemailBoxes,
    form: ExtensionForm,
    plan: Plan,
    named: Callable[[Collection[str]], Mapping[Key, Places]],
) -> list[Change]:
    """What goes along with the extensions that the plan deletes, but for what `named` them before they were made."""
    going = {
        change.key.name: change.before
        for change in plan.changes
        if change.action is Action.DELETE and change.key.kind == "extension" and change.before is not None
    }
    if not going:
        return []
    staying = {key.name: places for key, places in named(going).items() if key.kind == "extension"}
    return [*_lists(database, form, going, staying), *(_boxes(boxes, going) if form.has_boxes else ())]


def _lists(
    database: Database, form: ExtensionForm, numbers: Collection[str], staying: Mapping[str, Places]
) -> Iterator[Change]:
    for table, (name, column) in form.member_lists.items():
        for row in database.rows(table):
            listed, here = str(row.get(column) or "").split("-"), [str(row[name])]
            goes = {each for each in numbers if here not in staying.get(each, {}).get(table, ())}
            left = [each for each in listed if each not in goes]
            if left != listed:
                key, after = Key(LIST, str(row[name])), {**row, column: "-".join(left)}
                yield Change(Action.UPDATE, key, {table: (row,)}, {table: (after,)})


def naming(database: Database, form: ExtensionForm, plan: Plan) -> dict[Key, Places]:
    """What names the extensions that the plan creates: lists and memberships, by table."""
    created = {each.key.name: each.key for each in plan.changes if each.action is Action.CREATE}
    made = {name for name, key in created.items() if key.kind == "extension"}
    found: dict[Key, dict[str, list[list[str]]]] = {}
    if made:
        tables = (*form.member_lists, *(table for table, each in form.companions.items() if each.is_membership))
        database.read_ahead(lambda: {table: database.columns(table) for table in tables})
    for number, table, place in (*_listing(database, form, made), *_memberships(database, form, made)) if made else ():
        found.setdefault(Key("extension", number), {}).setdefault(table, []).append(place)
    return {**found}


def _listing(database: Database, form: ExtensionForm, numbers: Collection[str]) -> Iterator[tuple[str, str, list[str]]]:
    for table, (name, column) in form.member_lists.items():
        for row in database.rows(table):
            for number in set(str(row.get(column) or "").split("-")).intersection(numbers):
                yield number, table, [str(row[name])]


def _memberships(
    database: Database, form: ExtensionForm, numbers: Collection[str]
) -> Iterator[tuple[str, str, list[str]]]:
    companions = {table: each for table, each in form.companions.items() if each.is_membership}
    for table, by_number in companion_rows(database, companions, numbers).items():
        for number, rows in by_number.items():
            for row in rows:
                yield number, table, _place(table, row)


def without(observed: Mapping[Key, Image], named: Mapping[Key, Places]) -> dict[Key, Image]:
    """The images without the memberships that named them before they were made: those are none of theirs."""
    return {key: _less(image, named[key]) if key in named else image for key, image in observed.items()}


def _less(image: Image, places: Places) -> Image:
    return {
        table: tuple(row for row in image[table] if table not in places or _place(table, row) not in places[table])
        for table in image
    }


def _place(table: str, row: Row) -> list[str]:
    return [str(row[column]) for column in PRIMARY_KEYS[table]]


def _boxes(boxes: VoicemailBoxes, going: Mapping[str, Image]) -> Iterator[Change]:
    named = {f"{number}@{context}" for number, image in going.items() for context in _contexts(image)}
    for row in boxes.values(named) if named else ():
        yield Change(Action.DELETE, Key(BOX, str(row["box"])), {VOICEMAIL_TABLE: (row,)}, None)


def numbers_with_box(boxes: VoicemailBoxes, form: ExtensionForm, going: Mapping[str, Image]) -> set[str]:
    """Of those extensions the numbers whose voicemail box goes with them: that of the others, where they have one, is
    none that is known here."""
    taken = _boxes(boxes, going) if form.has_boxes else ()
    return {change.key.name.partition("@")[0] for change in taken}


def _contexts(image: Image) -> Iterator[str]:
    for row in image.get("users", ()):
        if row.get("voicemail") not in (None, "", "novm"):
            yield str(row["voicemail"])


def boxes_of(changed: Sequence[Change]) -> list[str]:
    """The voicemail boxes that these changes take away."""
    return [change.key.name for change in changed if change.key.kind == BOX and change.after is None]
