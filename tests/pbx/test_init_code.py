"""`init --code`: the link file from a code of OML's, what of the PBX's own stays, and what is refused."""

from __future__ import annotations

import json
import stat
import subprocess
import sys

import pytest

from pbxlink.link import link_code
from pbxlink.link.model import Link
from tests.pbx.product import ROOT, SECRET, Bench
from tests.sync.fixtures import paste
from tests.sync.omlweb import OmlWeb

pytest_plugins = ["tests.pbx.product_fixtures", "tests.sync.fixtures"]


def test_a_code_makes_the_link_file(bench: Bench, web: OmlWeb) -> None:
    code = web.code(bench.link)
    bench.link.unlink()
    done = paste(bench, code)
    assert done.code == 0 and stat.S_IMODE(bench.link.stat().st_mode) == 0o600
    link = bench.read_link()
    assert link == link_code.decode(code) and link.directory.token not in done.out + done.err
    assert bench.done("init", "--code", code).code == 0, "as an argument, and the same again"


def test_a_code_of_something_else_needs_yes(linked: Bench, web: OmlWeb) -> None:
    before = linked.link.read_bytes()
    link = linked.read_link()
    other = Link(**{**vars(link), "credentials": type(link.credentials)("Another.secret.of.24.chars")})
    done = paste(linked, link_code.encode(other))
    assert (done.code, done.codes, linked.link.read_bytes()) == (1, ["init.code_differs"], before)
    assert "credentials/secret" in done.message("init.code_differs")
    assert SECRET not in done.out and "Another.secret" not in done.out
    assert paste(linked, link_code.encode(other), "--yes").code == 0
    assert linked.read_link().credentials == other.credentials


def test_a_code_keeps_what_only_the_pbx_says(bench: Bench) -> None:
    """The guide's own extension and route, and the access to the directory, where the code has none of them."""
    before = bench.read_link()
    bare = Link(**{**vars(before), "extensions": (), "pbx_routes": ()})
    assert paste(bench, link_code.encode(bare)).code == 0
    assert bench.read_link() == before
    renamed = Link(**{**vars(bare), "name": "other"})
    assert paste(bench, link_code.encode(renamed)).codes == ["init.code_differs"]
    assert paste(bench, link_code.encode(renamed), "--yes").code == 0
    assert bench.read_link().extensions == ()


@pytest.mark.parametrize("code", ["", "nonsense", "OMLINK1-0123456789abcdef-AAAA"])
def test_no_code(bench: Bench, code: str) -> None:
    before = bench.link.read_bytes()
    done = paste(bench, code)
    assert done.code == 1 and done.codes[0].startswith("linkcode.") and bench.link.read_bytes() == before


def test_the_page_of_the_pbx_keeps_the_access_that_it_does_not_show(linked: Bench) -> None:
    before = linked.read_link().directory
    shown = linked.done("show").document["values"]
    assert set(shown["directory"]) == {"url", "certificate"}
    line = [sys.executable, "-m", "issabel_module.cli", *linked.arguments("init", "--json", "--force", "--values", "-")]
    values = json.dumps({name: keys for name, keys in shown.items() if name != "directory"})
    for given in (values, json.dumps(shown)):
        done = subprocess.run(line, input=given, capture_output=True, text=True, cwd=ROOT, timeout=120)
        assert done.returncode == 0, done.stdout
        assert linked.read_link().directory == before and before.token
