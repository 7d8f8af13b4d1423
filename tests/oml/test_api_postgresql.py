"""The directory API's counters on PostgreSQL, as OML has it: exact however many ask at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.standins.oml.testing import Standin
from tests.sync.certificates import self_signed
from tests.sync.omlweb import OmlWeb, served

A_MINUTE, FAILURES_A_MINUTE = 30, 60


def test_requests_and_failures_are_counted_exactly(oml_database: str, redis_db: str, tmp_path: Path) -> None:
    standin = Standin.on(oml_database, redis_db).with_plugin()
    standin.manage("migrate", "-v0")
    standin.manage("standin_seed", "--agent", "Ana Paz", "--did", "098098=Ventas")
    with served(standin, tmp_path, self_signed(tmp_path, "oml")) as web:
        tokens = [web.issue("one"), web.issue("two")]
        asked = [partial(at_once, web, partial(_the_same, token), A_MINUTE + 10) for token in tokens]
        for found in web.within_a_minute(lambda: [ask() for ask in asked]):
            assert found == {200: A_MINUTE, 429: 10}
        wrong = web.within_a_minute(lambda: at_once(web, lambda number: f"guess-{number}", FAILURES_A_MINUTE + 10))
        assert wrong == {401: FAILURES_A_MINUTE, 429: 10}


def _the_same(token: str, number: int) -> str:
    return token


def at_once(web: OmlWeb, token: Callable[[int], str], count: int) -> dict[int, int]:
    """How often each status was the answer."""
    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(lambda number: web.ask(token(number)).status, range(count)))
    return {status: statuses.count(status) for status in sorted(set(statuses))}
