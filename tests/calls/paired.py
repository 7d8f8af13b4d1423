"""The two hosts with OML's pages over TLS behind a proxy, and both commands of a pairing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import text

from tests.calls.linked import Linked
from tests.sync.certificates import Certificate, self_signed
from tests.sync.cutting import CuttingProxy, cutting_proxy
from tests.sync.omlweb import served

_OML_STATE = """
from configuracion_telefonia_app.models import OrdenTroncal, PatronDeDiscado, RutaSaliente, TroncalSIP
from ominicontacto_app.services.redis.connection import create_redis_connection
from oml_plugin.models import DirectoryToken, OwnedResource, SavedLink
tables = (OrdenTroncal, PatronDeDiscado, RutaSaliente, TroncalSIP, DirectoryToken, OwnedResource, SavedLink)
redis = create_redis_connection()
keys = len(redis.keys('OML:TRUNK:*')) + len(redis.keys('OML:OUTR:*'))
answer = {**{model.__name__: model.objects.count() for model in tables}, 'keys': keys}
"""


@dataclass
class Paired:
    """`hosts` as `Linked` has them; OML is reached by `proxy` alone."""

    hosts: Linked
    proxy: CuttingProxy
    certificate: Certificate
    folder: Path

    @property
    def link(self) -> Path:
        """The link file that `join` writes."""
        return self.folder / "link.conf"

    def invite(self, url: str = "", address: str = "") -> str:
        """`manage.py pbx_link invite`; at another `url` with the certificate of the real one, or at another address."""
        certificate = ["--certificate", f"sha256:{self.certificate.fingerprint}"] if url else []
        options = ["--url", url or self.proxy.url, "--address", address or self.hosts.pair.oml.address, *certificate]
        done = self.hosts.oml.run_command(["pbx_link", "invite", *options])
        assert done.returncode == 0, done.stdout + done.stderr
        return str(done.stdout.strip())

    def command(self, *arguments: str) -> list[str]:
        """The command line of `issabel-omnileads join ARGUMENTS`."""
        own = ["--link", str(self.link), "--state-dir", str(self.folder / "state"), "--lang", "en"]
        where = ["--amportal-conf", str(self.hosts.pbx.amportal), "--patience", "2"]
        address = ["--pbx-address", self.hosts.pair.pbx.address]
        return [sys.executable, "-m", "issabel_module.cli", "join", *arguments, *own, *where, *address]

    def join(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Runs it."""
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=240, input=typed)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts it; its progress is on `stderr`."""
        return subprocess.Popen(
            self.command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )  # fmt: skip

    def jobs(self, action: str) -> list[Path]:
        """The files of OML's jobs of that action, the latest last."""
        files = sorted((self.folder / "oml" / "jobs").glob("*.json"), key=lambda path: path.stat().st_mtime)
        return [path for path in files if _record(path).get("action") == action]

    def state(self) -> dict[str, Any]:
        """All rows and keys of both sides that a link may change, and the PBX's files of it."""
        with self.hosts.pbx.engine.connect() as connection:
            names = [name for (name,) in connection.execute(text("SHOW TABLES"))]
            kept = [name for name in names if name not in ("notifications",)]
            rows = {name: sorted(map(repr, connection.execute(text(f"SELECT * FROM `{name}`")))) for name in kept}
        own = rows.pop("issabel_omnileads", [])
        rows["owned"] = [row for row in own if not re.match(r"\(''", row)]
        keys = [line for line in self.hosts.pbx.cli("database show").splitlines() if not line.startswith("/TESTSEEN")]
        astdb = sorted(line for line in keys if line.startswith(("/AMPUSER", "/DEVICE", "/CW")))
        files = [
            str(path) for path in (self.link, self.folder / "state" / "directory" / "omnileads.json") if path.exists()
        ]
        return {"pbx": rows, "astdb": astdb, "files": files, "oml": self.hosts.oml.python(_OML_STATE)}


def _record(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    except ValueError:  # it is being written
        return {}


def differs(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What is not as it was."""
    rows = {
        name: (before["pbx"].get(name), now) for name, now in after["pbx"].items() if before["pbx"].get(name) != now
    }
    rest = {key: (before[key], after[key]) for key in ("astdb", "files", "oml") if before[key] != after[key]}
    return {**rows, **rest}


@contextmanager
def paired(hosts: Linked, folder: Path) -> Iterator[Paired]:
    """OML's web server, and the proxy before it."""
    certificate = self_signed(folder, "oml")
    oml = hosts.oml.with_plugin()
    oml.environment["PBX_LINK_STATE_DIR"] = str(folder / "oml")
    with served(oml, folder, certificate) as web, cutting_proxy(certificate, web.port) as proxy:
        yield Paired(replace(hosts, oml=oml, folder=folder), proxy, certificate, folder)


def told(done: subprocess.CompletedProcess[str], *words: str) -> bool:
    """Whether all of these were said."""
    said = done.stdout + done.stderr
    return all(word in said for word in words)


def names(seen: Sequence[str]) -> list[str]:
    """The requests, each kind once, in the order in which they came."""
    return list(dict.fromkeys(seen))
