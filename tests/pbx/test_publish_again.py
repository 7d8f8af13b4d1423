"""Rows that are right and an Asterisk that lost them: told by check, plan and status, and mended by an apply."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.pbx.product import Bench, difference

pytest_plugins = ["tests.pbx.product_fixtures"]


def _lost_peers(bench: Bench) -> None:
    (bench.etc_dir / "sip_additional.conf").write_text("")
    bench.pbx.cli("sip reload")


def _peer_that_leads_elsewhere(bench: Bench) -> None:
    path = bench.etc_dir / "sip_additional.conf"
    path.write_text(path.read_text().replace("port=5160", "port=5999"))
    bench.pbx.cli("sip reload")


def _lost_dialplan(bench: Bench) -> None:
    (bench.etc_dir / "extensions_additional.conf").write_text("")
    bench.pbx.cli("dialplan reload")


LOSSES: list[tuple[Callable[[Bench], None], set[str]]] = [
    (_lost_peers, {"trunk omnileads"}),
    (_peer_that_leads_elsewhere, {"trunk omnileads"}),
    (_lost_dialplan, {"outbound route oml-agents", "custom extension 098098"}),
]


@pytest.mark.parametrize(("lose", "lost"), LOSSES, ids=lambda each: getattr(each, "__name__", ""))
def test_what_asterisk_lost_is_told_and_published_again(
    bench: Bench, lose: Callable[[Bench], None], lost: set[str]
) -> None:
    bench.done("apply", "--yes")
    assert "publish.missing" not in bench.json("check").codes + bench.done("status").codes
    before, reloads = bench.snapshot(), bench.reloads
    lose(bench)
    for command in (bench.json("check"), bench.json("plan"), bench.done("status")):
        told = [each["message"] for each in command.document["findings"] if each["code"] == "publish.missing"]
        assert {each.partition(":")[0] for each in told} == lost
    assert bench.json("plan").code == 2 and bench.reloads == reloads
    assert bench.run("apply").code == 1, "it asks first"
    again = bench.done("apply", "--yes")
    assert again.document["applied"] is True and again.actions == [] and bench.reloads == reloads + 1
    assert difference(before, bench.snapshot()) == {}
    assert "publish.missing" not in bench.json("check").codes and bench.done("apply", "--yes").actions == []
    assert bench.reloads == reloads + 1
