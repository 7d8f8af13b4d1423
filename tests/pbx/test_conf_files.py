"""amportal.conf and the PHP files beside it, read as the vendor's PHP reads them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issabel_module.host.conf_files import amportal_values, php_values

_HARD = ["it's", 'say "x"', " blank ", "a#b", "a;b // c", "/* c */", "back\\slash", "end\\", "\\'", "$amp_conf", "a=b",
         "", "'];", "?>", "ñandú", "\\\\n", "{$x}", "%41", "\t"]  # fmt: skip


def by_php(code: str, tmp_path: Path) -> dict[str, str]:
    """What PHP itself makes of the file."""
    path = tmp_path / "x.conf"
    path.write_text(code, encoding="utf-8")
    script = "ob_start(); include $argv[1]; ob_end_clean(); echo json_encode($amp_conf);"
    line = ["php", "-n", "-d", "display_errors=0", "-r", script, str(path)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=30, check=True)
    return {key: str(value) for key, value in json.loads(done.stdout).items()}


def single(value: str) -> str:
    """As PHP's var_export writes it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def double(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$") + '"'


needs_php = pytest.mark.skipif(not shutil.which("php"), reason="php is not installed (.ci/install)")


@needs_php
@pytest.mark.parametrize("quoted", [single, double])
def test_php_reads_the_same(tmp_path: Path, quoted: object) -> None:
    assert callable(quoted)
    lines = [f"$amp_conf['K{number}'] = {quoted(value)};" for number, value in enumerate(_HARD)]
    code = "\n".join(["<?php", *lines, ""])
    assert php_values(code) == by_php(code, tmp_path) == {f"K{n}": value for n, value in enumerate(_HARD)}


_ODD = r"""text before <?php
# $amp_conf['NO1'] = 'x';
// $amp_conf['NO2'] = 'x';
/* $amp_conf['NO3'] = 'x'; */
$other['NO4'] = '$amp_conf[\'NO5\'] = \'x\';';
$amp_conf["DOUBLE"]	= "tab\tnew\nhex\x41\xc3\xb1octal\101dollar\$ \q";
$amp_conf [ 'SPACED' ]='no blank';
$amp_conf['NUMBER'] = 3306;
$amp_conf['TWICE'] = 'first'; $amp_conf['TWICE'] = 'second'; // $amp_conf['TWICE'] = 'third';
$amp_conf['RAW'] = 'one\two \n';
$amp_conf['LINES'] = 'two
lines';
?>
$amp_conf['NO6'] = 'x';
"""


@needs_php
def test_the_odd_forms_of_php(tmp_path: Path) -> None:
    found = php_values(_ODD)
    assert found == by_php(_ODD, tmp_path)
    assert found["DOUBLE"] == "tab\tnew\nhexAñoctalAdollar$ \\q" and found["TWICE"] == "second"


def test_what_php_would_work_out_is_left_out() -> None:
    code = "<?php $amp_conf['A'] = 'x' . 'y'; $amp_conf['B'] = \"$secret\"; $amp_conf['C'] = f(); $amp_conf['D'] = 'd';"
    assert php_values(code) == {"D": "d"}
    assert php_values("$amp_conf['A'] = 'no php';") == {}


@needs_php
def test_any_value_at_all(tmp_path: Path) -> None:
    values: list[str] = []

    @settings(max_examples=150, deadline=None, database=None)
    @given(st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=12))
    def collected(value: str) -> None:
        values.append(value)

    collected()
    code = "<?php\n" + "".join(f"$amp_conf['K{n}'] = {single(v)};\n$amp_conf['D{n}'] = {double(v)};\n"
                               for n, v in enumerate(values))  # fmt: skip
    assert php_values(code) == by_php(code, tmp_path)


def test_amportal_conf_keeps_all_of_a_line() -> None:
    lines = ["AMPDBPASS='quoted'", "HASH=a#b;c", "ENDS= both ", "FORMAT=12\\ Hour\\ Format", "BACK=a\\b", "EQUALS=a=b",
             "  INDENTED=x", "BY_HAND = x y ", "#COMMENT=x", ";COMMENT2=x", "TAB=x\t", "CR=x\r", "TWICE=1", "TWICE=2",
             "EMPTY=", "NOTHING", "BAD-KEY=x"]  # fmt: skip
    assert amportal_values("\n".join(lines)) == {
        "AMPDBPASS": "'quoted'", "HASH": "a#b;c", "ENDS": " both ", "FORMAT": "12 Hour Format", "BACK": "a\\b",
        "EQUALS": "a=b", "INDENTED": "x", "BY_HAND": "x y", "TAB": "x", "CR": "x", "TWICE": "2", "EMPTY": "",
    }  # fmt: skip
