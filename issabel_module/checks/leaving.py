"""Findings before a resource of ours is deleted: what leads to it, and what else dials through our trunk."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from issabel_module.checks import usages
from issabel_module.checks.situation import Situation
from issabel_module.kinds import alongside
from issabel_module.storage.voicemail_boxes import VoicemailBoxes
from pbxlink.engine.plan import Image, Key
from pbxlink.engine.resource_term import resource_term
from pbxlink.messages.findings import Finding, Term, info, term, warning
from pbxlink.messages.masking import shown

_MOST = 12
"""Places that are named one by one; of more, how many there are."""


class Led(NamedTuple):
    """Findings for what is led to: `now`, and `after` its deletion, which takes some places away with it."""

    now: dict[Key, Finding]
    after: dict[Key, Finding]


def in_use(it: Situation, boxes: VoicemailBoxes) -> Led:
    """A finding for each resource of ours that is not wanted any more although something leads to it."""
    leaving = it.leaving
    if not leaving:
        return Led({}, {})
    staying = {usages.Target(key.kind, key.name) for key in it.desired}
    # What an extension of the link dials is the link's: it is written anew.
    others = [each for each in it.usages(leaving) if each.target.kind == "extension" or each.by not in staying]
    found = usages.leading_to([*others, *_boxes(leaving)], leaving)
    form = it.flavour.extension_form()
    lists = {(table, column) for table, (_name, column) in form.member_lists.items()}
    gone = alongside.numbers_with_box(boxes, form, {key.name: leaving[key] for key in found}) if found else set()
    left = {key: [each for each in led if not _goes_along(each, lists, gone)] for key, led in found.items()}
    return Led(_findings(found), _findings(left))


def _goes_along(usage: usages.Usage, lists: Collection[tuple[str, str]], gone: Collection[str]) -> bool:
    return usage.where in lists or (usage.kind == "usage.voicemail" and usage.name in gone)


def _findings(found: Mapping[Key, list[usages.Usage]]) -> dict[Key, Finding]:
    return {
        key: warning("usage.leads", resource=resource_term(key), places=places(led))
        for key, led in found.items()
        if led
    }


def _boxes(leaving: Mapping[Key, Image]) -> Iterator[usages.Usage]:
    """Voicemail boxes of what is to go, with people's messages."""
    for key, image in leaving.items():
        for row in image.get("users", ()):
            if row.get("voicemail") not in (None, "", "novm"):
                yield usages.Usage(usages.Target(key.kind, key.name), "usage.voicemail", key.name)


def not_in_link(it: Situation) -> Iterator[Finding]:
    """Custom extensions made by hand that dial through the trunk of the link."""
    there = {key: it.observed[key] for key in it.desired if key.kind == "trunk" and key in it.observed}
    wanted = {key.name for key in it.desired if key.kind == "extension"}
    for key, found in usages.leading_to(it.usages(there), there).items():
        mine = {*wanted, *(each.name for each in it.leaving)}
        extensions = [each for each in found if each.kind == "usage.extension" and each.by and each.by.name not in mine]
        if extensions:
            yield info("pbx.not_in_link", trunk=key.name, places=places(extensions))


def places(found: Iterable[usages.Usage]) -> tuple[Term, ...]:
    """The places in words, each once."""
    listed = list(dict.fromkeys((each.kind, each.name) for each in found))
    named = tuple(term("usage.place", kind=term(kind), name=shown(name)) for kind, name in listed[:_MOST])
    more = len(listed) - _MOST
    return (*named, term("usage.more", count=more)) if more > 0 else named
