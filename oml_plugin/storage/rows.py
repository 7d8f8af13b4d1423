"""Turns OML's model instances into rows of text cells, and back.

Which fields there are is read from the model (`_meta`), never from a release's number: `tecnologia` came with 1.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Field, Model

from pbxlink.engine.plan import Cell, Key, Row
from pbxlink.messages.findings import Finding, error
from pbxlink.messages.masking import shown


def table_of(model: type[Model]) -> str:
    """The name of the model's table in an image."""
    return str(model._meta.model_name)


def columns(model: type[Model]) -> dict[str, Field[Any, Any]]:
    """The model's columns by name (`ruta_saliente_id` for a foreign key)."""
    return {field.attname: field for field in model._meta.concrete_fields}


def row_of(instance: Model) -> Row:
    """Every column of the instance as text or None."""
    return {name: _cell(getattr(instance, name)) for name in columns(type(instance))}


def known(model: type[Model], row: Row) -> Row:
    """The row without the columns that this release's model does not have."""
    return {name: cell for name, cell in row.items() if name in columns(model)}


def instance_of(model: type[Model], row: Row) -> Any:
    """A new instance with the row's cells, not saved. With an id it counts as an existing row, so that OML's validators
    do not take the stored row for a duplicate; `save` inserts it where it does not exist."""
    fields = columns(model)
    made = model(**{name: fields[name].to_python(cell) for name, cell in row.items() if name in fields})
    made._state.adding = made.pk is None
    return made


def _cell(value: Any) -> Cell:
    return None if value is None else str(value)


def refusals(key: Key, instance: Model, unchecked: Sequence[str] = ()) -> Iterable[Finding]:
    """A finding for each error of OML's own validators; `unchecked` names fields that are not set yet."""
    try:
        instance.full_clean(exclude=list(unchecked))
    except ValidationError as problem:
        for name, messages in problem.message_dict.items():
            value = "" if name in {"text_config", "__all__"} else f" ({shown(getattr(instance, name, ''))})"
            yield error("oml.refused", key=key, text=f"{name}{value}: {' '.join(messages)}")


def one(image: Mapping[str, Sequence[Row]] | None, table: str) -> Row:
    """The single row of the table in the image; empty where there is none."""
    found = (image or {}).get(table, ())
    return found[0] if found else {}
