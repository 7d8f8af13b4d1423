"""Extensions whose keys are as usual are found by comparing their text as a whole: never one too many."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from issabel_module.flavours.flavour import ExtensionForm
from issabel_module.flavours.freepbx_forms import Around, extension_form
from issabel_module.flavours.issabel import Issabel
from issabel_module.kinds.extension_form import PreparedForm
from issabel_module.storage.astdb import BETWEEN, AskedKeys
from pbxlink.engine.chunks import one_ahead

VALUES = [("20", "a {b}", "SIP/o/20"), ("200", "c", "SIP/o/200"), ("3", "ñ", "SIP/o/3")]
FORMS = [Issabel().extension_form(), extension_form(13, Around()), extension_form(17, Around(has_do_not_disturb=True))]


def asked(form: PreparedForm, keys: dict[str, str]) -> list[AskedKeys]:
    """As an AstDB with these keys answers."""

    def part(families: Sequence[str], prefix: str = "") -> AskedKeys:
        texts = (
            "".join(
                f"{key}{BETWEEN}{value}{BETWEEN}" for key, value in sorted(keys.items()) if key.startswith(f"/{each}/")
            )
            for each in families
        )
        return AskedKeys(families, [f"{prefix}{number}" for number, *_ in VALUES], texts)

    return [part(form.families), *(part([family], prefix) for family, prefix in form.prefixed.items())]


@pytest.mark.parametrize("form", FORMS, ids=["issabel", "freepbx-13", "freepbx-17"])
def test_exactly_the_usual_keys_are_usual(form: ExtensionForm) -> None:
    prepared = PreparedForm(form)
    usual = {key: value for values in VALUES for key, value in prepared.usual_keys(values).items()}
    assert len(usual) == len(VALUES) * (len(form.astdb) + len(form.created) + len(form.reloaded))
    assert prepared.are_usual(asked(prepared, usual), VALUES)
    assert prepared.keys_of(asked(prepared, usual)) == {each[0]: prepared.usual_keys(each) for each in VALUES}
    for key, value in usual.items():
        assert not prepared.are_usual(asked(prepared, {**usual, key: f"{value}x"}), VALUES), key
        assert not prepared.are_usual(asked(prepared, {**usual, f"{key}/x": value}), VALUES), key
        assert not prepared.are_usual(asked(prepared, {k: v for k, v in usual.items() if k != key}), VALUES), key
    for family in (*form.users_families, *form.own_families):
        assert not prepared.are_usual(asked(prepared, {**usual, f"/{family}/21": "1"}), VALUES), family
    assert not prepared.are_usual(asked(prepared, usual), VALUES[:2])
    assert prepared.are_usual(asked(prepared, {}), [])


def test_each_is_given_after_the_next_one_was_made() -> None:
    made: list[int] = []
    given = [(item, len(made)) for item in one_ahead(made.append(number) or number for number in range(4))]  # type: ignore[func-returns-value]
    assert given == [(0, 2), (1, 3), (2, 4), (3, 4)]
    assert list(one_ahead([])) == [] and list(one_ahead([7])) == [7]
