"""The image of the tests' containers: Debian 11 (the field's Asterisk 16 and MariaDB 10.5) with the servers.

Its base is made here from the distribution's archive by debootstrap, and kept as a tarball in a cache
directory; only where that cannot be done is a base pulled from a registry. The image's tag is the hash of all
it is made of."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.stack.engine import Engine, EngineUnavailable, run
from tests.stack.native import SERVE
from tests.stack.process import find_program

RELEASE = "bullseye"
PULLED_BASE = f"debian:{RELEASE}-slim"
PACKAGES = "asterisk asterisk-core-sounds-en-gsm mariadb-server postgresql redis-server"
DOCKERFILE = Path(__file__).with_name("docker") / "Dockerfile"
BASE_TIMEOUT, BUILD_TIMEOUT = 600.0, 300.0

#: Runs in the fresh root. Services are forbidden to start, documentation is left out (Asterisk's own, which
#: it reads at start, is elsewhere), the databases that the packages create are dropped: `serve` makes its
#: own.
FILL_ROOT = """set -e
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
for part in doc man locale info; do echo "path-exclude=/usr/share/$part/*"; done >/etc/dpkg/dpkg.cfg.d/pbxlink
echo force-unsafe-io >>/etc/dpkg/dpkg.cfg.d/pbxlink
apt-get -q update
apt-get -q -y --no-install-recommends install @PACKAGES@
apt-get clean
rm -rf /var/lib/apt/lists/* /var/lib/mysql/* /var/lib/postgresql/*/main /usr/share/doc/* /usr/share/locale/*
"""


def default_cache() -> Path:
    """Where the base is kept: PBXLINK_TEST_CACHE, else a directory of ours in the user's cache."""
    named = os.environ.get("PBXLINK_TEST_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "issabel-omnileads"


def stack_image(engine: Engine, cache: Path | None = None) -> str:
    """The image's tag in ``engine``, which has it afterwards. Raises EngineUnavailable."""
    tag = f"pbxlink-stack:{_digest(_base_recipe(), DOCKERFILE.read_text(), SERVE.read_text())}"
    if not engine.docker("images", "-q", tag).strip():
        base = _provide_base(engine, cache or default_cache())
        _build(engine, base, tag)
    return tag


def _base_recipe(packages: str = PACKAGES) -> str:
    return f"{RELEASE}\n{packages}\n{FILL_ROOT}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _provide_base(engine: Engine, cache: Path) -> str:
    tag = f"pbxlink-base:{_digest(_base_recipe())}"
    if engine.docker("images", "-q", tag).strip():
        return tag
    try:
        tarball = base_tarball(cache)
    except EngineUnavailable as error:
        return _pull(engine, str(error))
    engine.docker("import", str(tarball), tag, timeout=BUILD_TIMEOUT)
    return tag


def _pull(engine: Engine, why: str) -> str:
    try:
        if not engine.docker("images", "-q", PULLED_BASE).strip():
            engine.docker("pull", "-q", PULLED_BASE, timeout=BUILD_TIMEOUT)
    except EngineUnavailable as error:
        raise EngineUnavailable(f"no base image: {why}; {error}") from error
    return PULLED_BASE


def _build(engine: Engine, base: str, tag: str) -> None:
    """The host's network, because a private engine has no bridge of its own and a pulled base needs the
    archive."""
    with tempfile.TemporaryDirectory(prefix="pbxlink-build-") as context:
        shutil.copy(SERVE, context)
        arguments = (
            "--build-arg",
            f"BASE={base}",
            "--build-arg",
            f"PACKAGES={PACKAGES}",
            "--network",
            "host",
        )
        engine.docker("build", "-q", "-t", tag, *arguments, "-f", str(DOCKERFILE), context, timeout=BASE_TIMEOUT)


def base_tarball(cache: Path, packages: str = PACKAGES) -> Path:
    """A root file system with these packages as a tarball in ``cache``; made when it is not there. Raises
    EngineUnavailable."""
    tarball = cache / f"base-{_digest(_base_recipe(packages))}.tar"
    if tarball.exists():
        return tarball
    missing = _cannot_bootstrap()
    if missing:
        raise EngineUnavailable(missing)
    with _locked(cache):
        if not tarball.exists():
            _make_tarball(tarball, packages)
    return tarball


def _cannot_bootstrap() -> str | None:
    if os.geteuid() != 0:
        return "a base image is made by debootstrap, which needs root"
    if find_program("debootstrap") is None:
        return "debootstrap is not installed"
    return None


@contextmanager
def _locked(cache: Path) -> Iterator[None]:
    """Test runs side by side make the base once."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        deadline = time.monotonic() + BASE_TIMEOUT
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            if time.monotonic() > deadline:
                raise EngineUnavailable(f"another test run holds {lock.name}")
            time.sleep(1)
        yield


def _make_tarball(tarball: Path, packages: str) -> None:
    with tempfile.TemporaryDirectory(prefix="pbxlink-root-", dir=tarball.parent) as work:
        root = Path(work) / "root"
        _isolated(["debootstrap", "--variant=minbase", RELEASE, str(root), archive_address()])
        _take_over_settings(root)
        shell = ["env", "-i", f"PATH={os.defpath}:/usr/sbin:/sbin", "DEBIAN_FRONTEND=noninteractive"]
        _isolated(["chroot", str(root), *shell, "sh", "-c", FILL_ROOT.replace("@PACKAGES@", packages)])
        unfinished = Path(work) / "base.tar"
        run(["tar", "--numeric-owner", "-C", str(root), "-cf", str(unfinished), "."], BASE_TIMEOUT)
        unfinished.rename(tarball)


def _isolated(command: list[str]) -> None:
    """Mounts and processes that a package's script leaves behind end with the command."""
    program = find_program(command[0]) or command[0]
    run(["unshare", "--mount", "--pid", "--fork", "--kill-child", program, *command[1:]], BASE_TIMEOUT)


def _take_over_settings(root: Path) -> None:
    """Names are resolved, and the archive is reached, as on this machine."""
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    settings = run(["apt-config", "dump"], 20).splitlines()
    proxies = [line for line in settings if re.match(r"Acquire::https?::Proxy", line, re.IGNORECASE)]
    (root / "etc/apt/apt.conf.d/99pbxlink").write_text("\n".join([*proxies, ""]))


def archive_address() -> str:
    """The Debian archive that this machine's apt uses. Raises EngineUnavailable where it uses none."""
    filters = ["Created-By: Packages", "Origin: Debian", "Component: main"]
    lines = run(["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)", *filters], 20).splitlines()
    by_release = dict(line.split(" ", 1) for line in lines)
    for release, address in by_release.items():
        if release == RELEASE or not re.search("-(security|updates|backports)", release):
            return by_release.get(RELEASE, address)
    raise EngineUnavailable("apt knows no Debian archive on this machine")
