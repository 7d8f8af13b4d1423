"""The RPM as a file: how it is built, what is in it, what it asks for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

from issabel_module import cli
from pbxlink.messages.catalogue import LANGUAGES
from tests.packaging.fixtures import BUILD, build, rpm
from tests.pbx.product import ROOT
from tests.stack.process import find_program

pytest_plugins = ["tests.packaging.fixtures"]
RPM = ROOT / "packaging" / "rpm"
COMMON = ROOT / "packaging" / "common"


def _pins() -> list[tuple[str, str, str]]:
    found = re.findall(r"^(\S+)==(\S+) --hash=sha256:(\w+)$", (COMMON / "requirements.txt").read_text(), re.MULTILINE)
    assert len(found) == 4
    return found


def test_its_version_is_the_projects(package: Path) -> None:
    metadata = ConfigParser()
    metadata.read(ROOT / "setup.cfg")
    told = rpm("-qp", "--qf", "%{NAME} %{VERSION} %{RELEASE} %{ARCH}", str(package))
    assert told == f"issabel-omnileads {metadata['metadata']['version']} 1 noarch"


def test_the_last_line_is_the_path_and_building_again_gives_the_same(package: Path, tmp_path: Path) -> None:
    again = Path(build(tmp_path, 1)[-1])
    assert again.parent.parent == tmp_path
    query = ("-qp", "--qf", "[%{FILENAMES} %{FILEDIGESTS} %{FILEMTIMES}\n]")
    assert rpm(*query, str(again)) == rpm(*query, str(package))


def test_the_build_says_what_is_missing(tmp_path: Path) -> None:
    for name in ("bash", "dirname", "sed", "sha256sum", "grep", "python3"):
        (tmp_path / name).symlink_to(str(find_program(name)))
    done = subprocess.run([str(BUILD)], capture_output=True, text=True, env={"PATH": str(tmp_path)})
    assert done.returncode == 69
    assert "rpmbuild (Debian: apt install rpm; EL: dnf install rpm-build)" in done.stderr


def test_the_build_tells_how_it_is_used() -> None:
    done = subprocess.run([str(BUILD), "--help"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and "[--release N]" in done.stdout and "set -" not in done.stdout
    for option in ("--release", "--output", "--url"):
        done = subprocess.run([str(BUILD), option], capture_output=True, text=True, timeout=30)
        assert done.returncode == 64 and f"{option} needs a value" in done.stderr


def test_the_source_package_is_enough_to_build_from(package: Path, tmp_path: Path) -> None:
    source = package.parents[1] / "source" / package.name.replace(".noarch.", ".src.")
    assert rpm("-qp", "--requires", str(source)).splitlines()[0].startswith("python3 >= 3.9")
    command = ["rpmbuild", "--rebuild", "--quiet", "--nodeps", "--define", f"_topdir {tmp_path}",
               "--define", f"build_python {sys.executable}", str(source)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = (tmp_path / "RPMS" / "noarch").glob("*.rpm")
    query = ("-qp", "--qf", "%{NAME}-%{VERSION}-%{RELEASE}\n[%{FILENAMES} %{FILEDIGESTS}\n]")
    assert rpm(*query, str(built)) == rpm(*query, str(package))


def test_every_folder_it_makes_is_its_own(package: Path) -> None:
    files = rpm("-qp", "--qf", "[%{FILENAMES}\n]", str(package)).splitlines()
    others = {"/usr", "/usr/share", "/usr/sbin", "/usr/libexec", "/usr/lib", "/usr/lib/systemd", "/usr/share/doc",
              "/usr/lib/systemd/system", "/usr/share/man", "/usr/share/man/man8", "/usr/share/licenses", "/etc", "/var",
              "/usr/share/bash-completion", "/usr/share/bash-completion/completions", "/etc/sysconfig", "/var/lib",
              "/etc/logrotate.d", "/var/log", "/var/www", "/var/www/html", "/"}  # fmt: skip
    pbxs = {"/var/www/html/admin", "/var/www/html/admin/modules"}
    folders = {str(parent) for path in files for parent in Path(path).parents}
    assert folders - set(files) == (others | pbxs) & folders
    assert {"README.md", "README.es.md", "docs"} <= {Path(path).name for path in files if "/doc/" in path}


def test_rpmlint_finds_nothing_that_is_not_explained(package: Path) -> None:
    if not find_program("rpmlint"):
        pytest.skip("no rpmlint here (Debian: rpmlint)")
    filters = RPM / "issabel-omnileads.rpmlintrc"
    command = ["rpmlint", "-r", str(filters), str(package), str(RPM / "issabel-omnileads.spec")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert "0 errors, 0 warnings" in done.stdout, done.stdout
    lines = filters.read_text().splitlines()
    bare = [line for above, line in zip(["", *lines], lines) if line.startswith("add") and not above]
    assert bare == [], "a filter without a reason"


def test_configuration_survives_and_is_for_the_pbx_user_only(package: Path) -> None:
    form = "[%{FILENAMES}\t%{FILEMODES:perms}\t%{FILEUSERNAME}\t%{FILEFLAGS:fflags}\n]"
    files = {line.split("\t")[0]: line.split("\t")[1:] for line in rpm("-qp", "--qf", form, str(package)).splitlines()}
    assert files["/etc/issabel-omnileads"][:2] == ["drwxr-x---", "asterisk"]
    assert files["/var/lib/issabel-omnileads/journal"][:2] == ["drwx------", "asterisk"]
    assert files["/etc/sysconfig/issabel-omnileads"][2] == "cn"
    assert files["/usr/sbin/issabel-omnileads"][:2] == ["-rwxr-xr-x", "root"]
    assert files["/etc/issabel-omnileads/link.conf"] == ["-rw-------", "asterisk", "cng"]
    writable = [
        path for path, (mode, user, _) in files.items() if user == "root" and mode[0] != "l" and "w" in mode[3:]
    ]
    assert writable == []


def test_it_asks_for_a_python_that_it_works_with_and_for_nothing_compiled(package: Path, installed: Path) -> None:
    assert rpm("-qp", "--recommends", str(package)).split("\n")[0] == "python(abi) >= 3.9"
    requires = rpm("-qp", "--requires", str(package))
    # Of rpm's own features nothing that EL7's 4.11 lacks: it could not even say what is missing.
    assert set(re.findall(r"rpmlib\((\w+)\)", requires)) <= {
        "CompressedFileNames", "FileDigests", "PayloadFilesHavePrefix", "PayloadIsXz",
    }  # fmt: skip
    suffixes = {path.suffix for path in installed.rglob("*") if path.is_file()}
    assert suffixes.isdisjoint({".so", ".pyc", ".pyx", ".c", ".whl", ".po"})


def test_its_scripts_name_the_timer(package: Path) -> None:
    scripts = rpm("-qp", "--scripts", str(package)).splitlines()
    lines = [line for line in scripts if re.search(r"\b(preset|disable|\w+-system-units)\b", line)]
    assert lines
    assert [line for line in lines if " issabel-omnileads.timer" not in line] == []


def test_nothing_in_it_names_the_machine_that_built_it(installed: Path) -> None:
    ours = [path for path in installed.rglob("*") if path.is_file() and "/rpm/" not in str(path)]
    written = {
        path.read_bytes() for path in ROOT.glob("docs/**/*") if path.is_file()
    }  # a path in them is an example, whatever it is here
    named = [path for path in ours if str(ROOT).encode() in path.read_bytes() and path.read_bytes() not in written]
    assert named == []


def test_what_is_vendored_is_told(package: Path, installed: Path) -> None:
    sbom = json.loads((installed / "usr/share/doc/issabel-omnileads/sbom.json").read_text())
    told = [(each["name"].lower(), each["version"], each["hashes"][0]["content"]) for each in sbom["components"]]
    assert told == _pins()
    assert all(each["licenses"][0]["license"]["name"] for each in sbom["components"])
    provides = rpm("-qp", "--provides", str(package))
    for name, version, _ in _pins():
        assert f"bundled(python3dist({name.replace('_', '-')})) = {version}" in provides
        assert list((installed / "usr/share/licenses/issabel-omnileads" / name).iterdir())


def test_a_wheel_that_is_not_the_pinned_one_is_refused(package: Path, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for wheel in (ROOT / "build" / "wheels").glob("*.whl"):
        (wheels / wheel.name).write_bytes(wheel.read_bytes())
    changed = next(wheels.glob("configobj*"))
    with zipfile.ZipFile(changed, "a") as archive:
        archive.writestr("configobj/extra.py", "")
    command = [sys.executable, str(COMMON / "vendor.py"), str(COMMON / "requirements.txt"), str(wheels),
               *(str(tmp_path / name) for name in ("target", "licenses", "sbom.json"))]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    assert "no wheel of configobj with the pinned hash" in done.stderr


def _words() -> dict[str, set[str]]:
    """Every command with its options."""
    (subparsers,) = (each for each in cli.parser()._actions if each.choices and each.dest == "command")
    assert isinstance(subparsers.choices, dict)
    return {
        name: {option for action in sub._actions for option in action.option_strings if option.startswith("--")}
        for name, sub in subparsers.choices.items()
    }


def test_the_manual_page_names_every_command_and_option() -> None:
    page = (COMMON / "issabel-omnileads.8").read_text().replace("\\-", "-")
    for name, options in _words().items():
        assert re.search(rf"^\.B[IR]? {name}\b", page, re.MULTILINE), name
        for option in options - {"--help"}:
            assert re.search(rf"{option}\b", page), option


@pytest.mark.parametrize("command", sorted(_words()))
def test_completion_offers_every_command_and_its_options(installed: Path, command: str) -> None:
    assert command in _completed(installed, "")
    assert _words()[command] <= set(_completed(installed, command, "--"))
    assert _completed(installed, command, "--lang", "") == list(LANGUAGES)


def _completed(root: Path, *words: str) -> list[str]:
    completion = root / "usr/share/bash-completion/completions/issabel-omnileads"
    typed = " ".join(map(repr, words))
    script = (
        f"source {completion}; COMP_WORDS=(issabel-omnileads {typed}); COMP_CWORD={len(words)};"
        ' _issabel_omnileads; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    return done.stdout.split()
