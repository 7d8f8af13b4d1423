"""The plugin's static files: copied where OML serves them from, taken away again, nobody else's touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oml.omlhost import OmlHost

pytest_plugins = ["tests.oml.activation_fixtures"]
NAME, OTHER = "pbx_link_test/deep/page.css", "pbx_link_test/theirs.css"


@pytest.fixture
def styled(omlhost: OmlHost) -> tuple[OmlHost, Path]:
    """A host whose plugin has one more static file, and the place where it belongs."""
    omlhost.break_module(f"oml_plugin/static/{NAME}", "b { color: red }\n")
    return omlhost, omlhost.folder / "opt" / "static" / NAME


def test_copied_and_taken_away(styled: tuple[OmlHost, Path]) -> None:
    host, path = styled
    static = host.folder / "opt" / "static"
    before = host.files()
    assert "plan_static" in host.link("activate", "--dry-run", "--json").stdout
    host.activate()
    assert path.read_text(encoding="utf-8") == "b { color: red }\n"
    path.write_text("older", encoding="utf-8")
    assert "static files: 1 missing" in host.link("status").stdout
    host.activate()
    assert path.read_text(encoding="utf-8") == "b { color: red }\n"
    (static / OTHER).write_text("theirs", encoding="utf-8")
    assert host.link("deactivate", "--purge").returncode == 0
    assert not path.exists() and (static / OTHER).read_text(encoding="utf-8") == "theirs"
    (static / OTHER).unlink()
    (static / OTHER).parent.rmdir()
    assert host.files() == before


def test_what_an_earlier_version_had_there_is_put_back(styled: tuple[OmlHost, Path]) -> None:
    host, path = styled
    path.parent.mkdir(parents=True)
    path.write_text("of an earlier version", encoding="utf-8")
    failing = host.project / "ominicontacto_app/management/commands/collectstatic_js_reverse.py"
    text = failing.read_text(encoding="utf-8")
    failing.write_text(
        text.replace(
            '"""One file below STATIC_ROOT."""',
            "assert 'pbx_link' not in str(list(named(get_resolver().url_patterns)))",
        ),
        encoding="utf-8",
    )
    before = host.files()
    done = host.link("activate")
    assert done.returncode == 1 and "collectstatic_js_reverse" in done.stderr and "put back" in done.stderr
    assert host.files() == before


def test_where_there_is_no_place_for_them_it_says_so(styled: tuple[OmlHost, Path]) -> None:
    host, path = styled
    host.more["INSTALL_PREFIX"] = ""
    done = host.link("activate")
    assert done.returncode == 0 and "Static files were not copied" in done.stdout
    assert not path.exists()
