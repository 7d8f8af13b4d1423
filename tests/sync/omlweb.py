"""A stand-in OML with the plugin and people in it, its pages served over https."""

from __future__ import annotations

import http.client
import json
import os
import sqlite3
import ssl
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.stack.process import ServerProcess, free_port
from tests.standins.oml.testing import NOT_INHERITED, Standin
from tests.sync.certificates import Certificate

PATH = "/pbx_link/api/directory/"
AGENTS = ("Ana Paz", "Luis Gil", "Eva Sol", "Juan Mar", "Rosa Rey", "Noel Cid")
DIDS = ("098098=Ventas", "098099=Soporte")
_Answer = TypeVar("_Answer")


@dataclass
class Response:
    """What the web server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """Its JSON."""
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class OmlWeb:
    """The OML: `standin` its Django, `url` where it is served, `log` what its web server wrote."""

    standin: Standin
    port: int
    certificate: Certificate
    log: Path

    @property
    def url(self) -> str:
        """What is given to `token --url`."""
        return f"https://127.0.0.1:{self.port}"

    def ask(self, token: str | None = None, method: str = "GET", path: str = PATH, **headers: str) -> Response:
        """One request, for the directory where no other path is given."""
        return self._request(token, method, None, headers, path)

    def tell(self, token: str, content: bytes) -> Response:
        """What a PBX says that it has."""
        return self._request(token, "POST", content, {})

    def _request(
        self, token: str | None, method: str, content: bytes | None, headers: Mapping[str, str], path: str = PATH
    ) -> Response:
        context = ssl.create_default_context(cafile=str(self.certificate.pem))
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=context)
        own = {} if token is None else {"Authorization": f"Bearer {token}"}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, content, headers={**own, **given})
        answer = connection.getresponse()
        found = Response(answer.status, dict(answer.getheaders()), answer.read())
        connection.close()
        return found

    def code(self, link: Path, *options: str) -> str:
        """The link code that `token` prints for the PBX of a link file."""
        done = self.token(link, "--url", self.url, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return str(done.stdout.strip())

    def token(self, link: Path, *options: str) -> Any:
        """`manage.py pbx_link token ...`."""
        return self.standin.run_command(["pbx_link", "token", "--link", str(link), "--lang", "en", *options])

    def issue(self, link: str = "omnileads") -> str:
        """A token alone."""
        return str(self.standin.python(f"from oml_plugin.api import tokens\nanswer = tokens.issue({link!r})"))

    def within_a_minute(self, ask: Callable[[], _Answer]) -> _Answer:
        """What `ask` returns, with no request counted before it; asked again where the minute of the counters ended
        meanwhile."""
        minute = -1
        while minute != int(time.time()) // 60:
            minute = int(time.time()) // 60
            self.forget_requests()
            found = ask()
        return found

    def forget_requests(self) -> None:
        """No request so far counts."""
        if "OML_STANDIN_SQLITE" not in self.standin.environment:
            self.standin.python("from oml_plugin.models import RequestCount\nRequestCount.objects.all().delete()")
            return
        with closing(sqlite3.connect(self._database, timeout=20)) as database, database:
            database.execute("DELETE FROM oml_plugin_requestcount")

    def keep(self) -> None:
        """Keeps the database as it is now, to be put back by `put_back`."""
        _copy(self._database, self._kept)

    def put_back(self) -> None:
        """The database as it was kept; by SQLite itself, so that the server that has it open sees it."""
        _copy(self._kept, self._database)

    @property
    def _database(self) -> Path:
        return Path(self.standin.environment["OML_STANDIN_SQLITE"])

    @property
    def _kept(self) -> Path:
        return self._database.with_suffix(".kept")

    def agents(self) -> dict[str, str]:
        """The number that the PBX dials for each agent, by the agent's user name."""
        found: dict[str, str] = self.standin.python("""
from ominicontacto_app.models import AgenteProfile
answer = {a.user.username: f'{a.sip_extension}{a.pk}' for a in AgenteProfile.objects.filter(borrado=False)}
""")
        return found

    def add_agent(self, name: str) -> None:
        """As on OML's page."""
        self.standin.manage("standin_seed", "--agent", name)

    def delete_agents(self, *names: str) -> None:
        """As OML deletes an agent: it stays in the table, marked."""
        self.standin.python(f"""
from ominicontacto_app.models import AgenteProfile
AgenteProfile.objects.filter(user__username__in={names!r}).update(borrado=True, is_inactive=True)
""")


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target, timeout=20)) as new:
        old.backup(new)


@contextmanager
def oml_web(folder: Path, certificate: Certificate) -> Iterator[OmlWeb]:
    """A migrated OML with AGENTS and DIDS, on SQLite, served."""
    standin = Standin.without_servers(folder).with_plugin()
    standin.environment["PBX_LINK_STATE_DIR"] = str(folder / "state")
    standin.manage("migrate", "-v0")
    people = [option for name in AGENTS for option in ("--agent", name)]
    standin.manage("standin_seed", *people, *(option for did in DIDS for option in ("--did", did)))
    with served(standin, folder, certificate) as found:
        found.keep()
        yield found


@contextmanager
def served(standin: Standin, folder: Path, certificate: Certificate, before: Sequence[str] = ()) -> Iterator[OmlWeb]:
    """The OML's pages over https. `before`: the command that the web server is started by."""
    found = OmlWeb(standin, free_port(), certificate, folder / "webserver.log")
    command = [*before, sys.executable, "-m", "tests.sync.webserver", str(found.port)]
    hidden = {name: "" for name in os.environ if name.startswith(NOT_INHERITED)}
    environment = {**hidden, **standin.environment}
    child = ServerProcess("web server", [*command, str(certificate.pem), str(certificate.key)], found.log, environment)
    try:
        child.wait_ready(lambda: _answers(found), 60)
        yield found
    finally:
        child.stop()


def _answers(found: OmlWeb) -> bool:
    try:
        return found.ask().status in {401, 429}
    except OSError:
        return False
