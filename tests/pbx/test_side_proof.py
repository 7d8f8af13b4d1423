"""What Asterisk shows is what counts: a reload that says done and changed nothing is found out, and all undone."""

from __future__ import annotations

import pytest

from issabel_module.asterisk import reload
from tests.pbx.product import Bench, difference

pytest_plugins = ["tests.pbx.product_fixtures"]


def test_a_reload_that_says_done_but_brings_no_trunk_undoes_all(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "_PROOF_WAIT", 1.0)
    before = bench.snapshot()
    bench.sql("CREATE TRIGGER pretend BEFORE UPDATE ON admin FOR EACH ROW SET NEW.value = 'false'")
    bench.pbx.module_admin.write_text("#!/bin/sh\nexit 0\n")
    done = bench.json("apply", "--yes")
    assert done.code == 1 and "omnileads" in done.message("reload.not_shown") and "apply.restored" in done.codes
    assert difference(before, bench.snapshot()) == {}


def test_a_reload_that_says_done_but_keeps_the_removed_trunk_undoes_all(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload, "_PROOF_WAIT", 1.0)
    bench.done("apply", "--yes")
    before = bench.snapshot()
    bench.sql("CREATE TRIGGER pretend BEFORE UPDATE ON admin FOR EACH ROW SET NEW.value = 'false'")
    bench.pbx.module_admin.write_text("#!/bin/sh\nexit 0\n")
    done = bench.json("remove", "--yes")
    assert done.code == 1 and "omnileads" in done.message("reload.still_shown") and "apply.restored" in done.codes
    assert difference(before, bench.snapshot()) == {} and not list(bench.state.glob("journal/*"))


def test_what_was_there_before_does_not_prove_a_reload(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "_PROOF_WAIT", 1.0)
    bench.done("apply", "--yes")
    before = bench.snapshot()
    bench.write_link(omnileads={"sip_port": "5999"})
    bench.sql("CREATE TRIGGER pretend BEFORE UPDATE ON admin FOR EACH ROW SET NEW.value = 'false'")
    bench.pbx.module_admin.write_text("#!/bin/sh\nexit 0\n")
    done = bench.json("apply", "--yes")
    assert done.code == 1 and "trunk omnileads" in done.message("reload.not_shown")
    assert difference(before, bench.snapshot()) == {}
