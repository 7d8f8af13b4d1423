"""The derived image and the compose example, built and started as docs/oml-plugin.md says, on a stand-in OML's image.

The root is a Debian one, made by debootstrap: an Alpine (OML's, with musl) cannot be had without a registry. The wheels
are pure Python, and the builds have no network.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oml import oml_python
from tests.oml.omlimage import Container, Images, build, compose
from tests.stack.engine import Engine

PAGE = "/pbx_link/"
_SERVICES = ("uwsgi", "daphne", "cron", "background-tasks")
_OML = """services:
  uwsgi: &oml
    image: {image}
    network_mode: none
    volumes: ["data:/data"]
{others}
volumes:
  data:
"""


@pytest.fixture(scope="module")
def images(docker_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Images:
    return build(docker_engine, tmp_path_factory.mktemp("images"))


def first_start(oml: Container) -> None:
    """What OML's own start does."""
    oml.wait_for_web()
    oml.run("python3", "manage.py", "migrate", "-v0", user="omnileads")
    oml.run("python3", "manage.py", "standin_seed", user="omnileads")


def findings(oml: Container, *command: str) -> dict[str, str]:
    """Severities by code, of what `oml-pbx-link` says as root."""
    document = json.loads(oml.run(*command, "--json", check=False))
    return {each["code"]: each["severity"] for each in document["findings"]}


@pytest.fixture
def derived(images: Images) -> Iterator[Container]:
    """A container of the derived image, with a new volume for its state."""
    engine, name = images.engine, "pbxlink-oml-derived"
    volume = f"{name}-state:/var/lib/issabel-omnileads"
    engine.docker("run", "-d", "--network", "none", "--name", name, "-v", volume, images.derived)
    yield Container(engine, name)
    engine.docker("rm", "-f", "-v", name)
    engine.docker("volume", "rm", f"{name}-state")


def test_the_derived_image_is_built_activated_and_serves_the_page(derived: Container) -> None:
    first_start(derived)
    assert "Activated" in derived.run("oml-pbx-link", "activate", "--lang", "en")
    derived.restart()
    assert derived.status_of(PAGE) == 200  # OML's login page, to which it leads
    told = findings(derived, "oml-pbx-link", "status")
    assert told["activation.state"] == "info" and set(told.values()) == {"info"}
    assert derived.run("stat", "-c", "%U %a", "/var/lib/issabel-omnileads").split() == ["omnileads", "700"]


@pytest.fixture
def composed(images: Images, tmp_path: Path) -> Iterator[Container]:
    """OML's services from the unchanged image under the compose example; the container of uwsgi."""
    others = "\n".join(f"  {name}: {{<<: *oml, command: [sleep, infinity]}}" for name in _SERVICES[1:])
    (tmp_path / "oml.yml").write_text(_OML.format(image=images.plain, others=others), encoding="ascii")
    shutil.copy(oml_python.REPO / "packaging" / "oml" / "compose.yml", tmp_path)
    target = tmp_path / "issabel-omnileads"
    python = oml_python.base("3.9") / "bin" / "python"
    oml_python.install(python, images.folder / "wheels", "--target", str(target))
    oml_python.hook_only(python, target)
    compose(images, tmp_path, "pbxlinkoml", "up", "-d")
    name = compose(images, tmp_path, "pbxlinkoml", "ps", "-q", "uwsgi").strip()
    yield Container(images.engine, name)
    compose(images, tmp_path, "pbxlinkoml", "down", "-v", "-t", "2")


def test_the_compose_example_starts_activates_and_serves_the_page(composed: Container) -> None:
    first_start(composed)
    command = ("python3", "-m", "oml_plugin.activation")
    composed.run(*command, "activate")
    composed.restart()
    assert composed.status_of(PAGE) == 200
    told = findings(composed, *command, "status")
    assert told["activation.state"] == "info" and set(told.values()) == {"info"}
    assert composed.run("stat", "-c", "%U", "/var/lib/issabel-omnileads").strip() == "omnileads"
    composed.run("touch", "/var/lib/issabel-omnileads/jobs/x", user="omnileads")
    before = composed.run("python3", "manage.py", "showmigrations", "oml_plugin")
    assert findings(composed, *command, "deactivate", "--purge") == {"activation.cannot_remove": "error"}
    assert composed.run("python3", "manage.py", "showmigrations", "oml_plugin") == before
