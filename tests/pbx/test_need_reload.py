"""What the package does about the flag that registering its page sets."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.pbx.product import ROOT, Bench

pytest_plugins = ["tests.pbx.product_fixtures"]
SCRIPT = ROOT / "packaging" / "common" / "need_reload.py"


def asked(amportal: object, *words: str) -> tuple[int, str]:
    environment = {**os.environ, "AMPORTAL_CONF": str(amportal)}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *words], env=environment, capture_output=True, text=True, timeout=60, cwd=ROOT
    )
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize("value", ["true", "false"])
def test_the_flag_is_told_and_taken_back(bench: Bench, value: str) -> None:
    bench.sql("DELETE FROM admin WHERE variable = 'need_reload'")
    bench.sql("INSERT INTO admin (variable, value) VALUES ('need_reload', :value)", value=value)
    assert asked(bench.pbx.amportal) == (0, value)
    assert ("reload.pending" in bench.json("check").codes) == (value == "true")
    assert asked(bench.pbx.amportal, "settled") == (0, "false")
    assert "reload.pending" not in bench.json("check").codes


def test_a_pbx_that_cannot_be_asked_is_left_alone(bench: Bench) -> None:
    assert asked(bench.folder / "no.conf") == (1, "")
