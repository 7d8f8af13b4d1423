"""Fixtures (named in `pytest_plugins`): a PBX whose link asks a stand-in OML over https for its directory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.pbx.product import ROOT, Bench, Result
from tests.sync.certificates import Certificate, self_signed
from tests.sync.omlweb import OmlWeb, oml_web


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("certificate"), "oml")


@pytest.fixture(scope="module")
def shared_web(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[OmlWeb]:
    with oml_web(tmp_path_factory.mktemp("omlweb"), certificate) as found:
        yield found


@pytest.fixture
def web(shared_web: OmlWeb) -> OmlWeb:
    shared_web.put_back()
    return shared_web


@pytest.fixture
def linked(bench: Bench, web: OmlWeb) -> Bench:
    """The bench with a link file made of OML's code, the guide's own extension 098098 in it; nothing is applied yet."""
    done = paste(bench, web.code(bench.link))
    assert done.code == 0, done.out + done.err
    return bench


def paste(bench: Bench, code: str, *options: str) -> Result:
    """`init --code -` with the code on standard input."""
    line = [sys.executable, "-m", "issabel_module.cli", *bench.arguments("init", "--json", "--code", "-", *options)]
    done = subprocess.run(line, input=code + "\n", capture_output=True, text=True, cwd=ROOT, timeout=120)
    return Result(done.returncode, done.stdout, done.stderr)
