"""What the vendor's own page changes of other things when it deletes an extension: it takes the number out of the lists
of ring groups and its voicemail box away (seen by deleting in the page of IssabelPBX 2.12 an extension that had both).

Whose things these are: people's. They are changed with the extension, journaled and put back with it, and never ours.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from issabel_module.flavours.flavour import ExtensionForm
from issabel_module.storage.database import Database
from issabel_module.storage.tables import VOICEMAIL_TABLE
from issabel_module.storage.voicemail_boxes import VoicemailBoxes
from pbxlink.engine.plan import Action, Change, Image, Key, Plan

LIST, BOX = "member_list", "voicemail"


def changes(database: Database, boxes: VoicemailBoxes, form: ExtensionForm, plan: Plan) -> list[Change]:
    """What goes along with the extensions that the plan deletes."""
    going = {
        change.key.name: change.before
        for change in plan.changes
        if change.action is Action.DELETE and change.key.kind == "extension" and change.before is not None
    }
    if not going:
        return []
    return [*_lists(database, form, going), *(_boxes(boxes, going) if form.has_boxes else ())]


def _lists(database: Database, form: ExtensionForm, numbers: Collection[str]) -> Iterator[Change]:
    for table, (name, column) in form.member_lists.items():
        for row in database.rows(table):
            listed = str(row.get(column) or "").split("-")
            left = [each for each in listed if each not in numbers]
            if left != listed:
                key, after = Key(LIST, str(row[name])), {**row, column: "-".join(left)}
                yield Change(Action.UPDATE, key, {table: (row,)}, {table: (after,)})


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
