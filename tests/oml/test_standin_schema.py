"""The stand-in's tables and validators against what was recorded from OML 2.6.3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests import facts
from tests.stack import native
from tests.standins.oml.testing import Standin

WHOLE = (
    "configuracion_telefonia_app_audiosasteriskconf",
    "configuracion_telefonia_app_destinoentrante",
    "configuracion_telefonia_app_hangup",
    "configuracion_telefonia_app_opciondestino",
    "configuracion_telefonia_app_ordentroncal",
    "configuracion_telefonia_app_patrondediscado",
    "configuracion_telefonia_app_rutaentrante",
    "configuracion_telefonia_app_rutasaliente",
    "configuracion_telefonia_app_troncalsip",
    "ominicontacto_app_agenteprofile",
    "ominicontacto_app_user",
)
IN_PART = ("ominicontacto_app_grupo", "ominicontacto_app_campana")

COLUMNS = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute('''SELECT table_name, column_name, column_default, is_nullable, data_type,
        character_maximum_length, is_identity FROM information_schema.columns
        WHERE table_schema = 'public' ORDER BY table_name, ordinal_position''')
    columns = cursor.fetchall()
    cursor.execute('''SELECT conrelid::regclass::text, contype::text, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace''')
    constraints = cursor.fetchall()
answer = {"columns": columns, "constraints": constraints}
"""


def default_of(table: str, column: str, default: str | None, identity: str) -> str | None:
    """Django 4.1 made ids identity columns; 3.2, on which OML runs, has a sequence: the same to who inserts."""
    return f"nextval('{table}_{column}_seq'::regclass)" if identity == "YES" else default


@pytest.fixture(scope="module")
def made() -> Iterator[dict[str, Any]]:
    missing = native.missing_servers()
    if missing:
        pytest.skip(missing)
    with native.postgres() as url:
        standin = Standin.on(url, "redis://127.0.0.1:1/0")
        standin.manage("migrate", "-v0")
        yield standin.python(COLUMNS)


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    tables: dict[str, Any] = facts.load("omnileads_columns")
    return {name: {**table, "columns": facts.rows(table["columns"])} for name, table in tables.items()}


def made_columns(made: dict[str, Any], table: str) -> list[dict[str, Any]]:
    return [
        {
            "column_name": name,
            "column_default": default_of(table, name, default, identity),
            "is_nullable": nullable,
            "data_type": kind,
            "character_maximum_length": length,
        }
        for of, name, default, nullable, kind, length, identity in made["columns"]
        if of == table
    ]


@pytest.mark.parametrize("table", WHOLE)
def test_columns_equal_the_recorded_ones(table: str, made: dict[str, Any], recorded: dict[str, Any]) -> None:
    assert made_columns(made, table) == recorded[table]["columns"]


@pytest.mark.parametrize("table", WHOLE)
def test_constraints_equal_the_recorded_ones(table: str, made: dict[str, Any], recorded: dict[str, Any]) -> None:
    have = sorted([kind, text] for of, kind, text in made["constraints"] if of == table)
    assert have == recorded[table]["constraints"]


@pytest.mark.parametrize("table", IN_PART)
def test_the_columns_there_are_equal_the_recorded_ones(
    table: str, made: dict[str, Any], recorded: dict[str, Any]
) -> None:
    by_name = {column["column_name"]: column for column in recorded[table]["columns"]}
    columns = made_columns(made, table)
    assert len(columns) > 3
    assert columns == [by_name[column["column_name"]] for column in columns]


# ---- validators ----------------------------------------------------------------------------------------------------

FIELDS = {
    "match_pattern": "PatronDeDiscado",
    "prefix": "PatronDeDiscado",
    "nombre": "TroncalSIP",
    "telefono": "RutaEntrante",
    "dial_options": "RutaSaliente",
}
VALIDATE = """
from configuracion_telefonia_app import models
from django.core.exceptions import ValidationError
from django.utils import translation
translation.activate("es")
answer = []
for model, field, value in CASES:
    try:
        getattr(models, model)(**{field: value}).full_clean()
        errors = {}
    except ValidationError as error:
        errors = error.message_dict
    answer.append(errors.get(field, []))
"""

OWN_CASES = [
    ("nombre", "issabel_1", True),
    ("nombre", "issabel-1", False),
    ("nombre", "a b", False),
    ("match_pattern", "[2-9]XX", True),
    ("match_pattern", "9|1XXX", False),
    ("match_pattern", "_X", False),
    ("prefix", "+54", True),
    ("prefix", "W", False),
    ("telefono", "*55", True),
    ("telefono", "09 8", False),
    ("dial_options", "Tt", True),
    ("dial_options", "g", False),
]


def judged(standin: Standin, values: list[tuple[str, str]]) -> list[list[str]]:
    cases = [(FIELDS[field], field, value) for field, value in values]
    answer: list[list[str]] = standin.python(f"CASES = {cases!r}\n{VALIDATE}")
    return answer


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Standin:
    standin = Standin.without_servers(tmp_path_factory.mktemp("validators"))
    standin.manage("migrate", "-v0")
    standin.manage("standin_seed", "--did", "098098=fromissabel")
    return standin


def test_validators_refuse_what_facts_say(standin: Standin) -> None:
    got = judged(standin, [(field, value) for field, value, _ in OWN_CASES])
    assert [not messages for messages in got] == [allowed for _, _, allowed in OWN_CASES]


def test_validators_give_the_recorded_answers(standin: Standin) -> None:
    cases = facts.load("omnileads_answers")["validators"]
    assert len(cases) > 30
    got = judged(standin, [(field, value) for field, value, _ in cases])
    assert list(zip(cases, got)) == [(case, case[2]) for case in cases]


def test_models_and_migrations_agree(standin: Standin) -> None:
    assert "No changes detected" in standin.manage("makemigrations", "--check", "--dry-run").stdout


def test_a_new_route_goes_last_and_settings_default_as_recorded(standin: Standin) -> None:
    code = """
from configuracion_telefonia_app.models import RutaSaliente, TroncalSIP
RutaSaliente.objects.create(nombre="a", orden=7)
route = RutaSaliente.objects.create(nombre="b")
trunk = TroncalSIP.objects.create(nombre="t", text_config="")
answer = [route.orden, route.ring_time, route.dial_options, trunk.canales_maximos, trunk.tecnologia]
"""
    assert standin.python(code) == [8, 25, "Tt", 1000, 1]
