"""A host with a stand-in OML: a Python of its own, a project folder, a database, a web server."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import psycopg2

from tests.oml import oml_python
from tests.stack.process import ServerProcess, free_port
from tests.standins.oml.testing import HERE as STANDIN
from tests.standins.oml.testing import NOT_INHERITED, environment_of

_TOKEN = re.compile(r'(?<=name="csrfmiddlewaretoken" value=")\w+')
"""Another one with every page; pages are compared without."""
SERVE = """
import sys
from wsgiref.simple_server import WSGIServer, make_server
from ominicontacto.wsgi import application
make_server("127.0.0.1", int(sys.argv[1]), application).serve_forever()
"""
"""The module that OML's web server loads, in a process of its own."""


@dataclass
class OmlHost:
    """`folder` holds everything of it: python/, project/, opt/ (INSTALL_PREFIX)."""

    folder: Path
    version: str
    database: str
    """The URL of its PostgreSQL database."""
    python: Path

    @property
    def site(self) -> Path:
        """Site-packages of its Python."""
        return oml_python.site_packages(self.folder / "python", self.version)

    @property
    def project(self) -> Path:
        """The folder of OML's manage.py."""
        return self.folder / "project"

    @property
    def environment(self) -> dict[str, str]:
        """What OML's containers have in their environment."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith((*NOT_INHERITED, "PYTHON"))
        }
        return {
            **inherited, **environment_of(self.database, "redis://127.0.0.1:1/0"), "LANG": "en_US.UTF-8",
            "OML_STANDIN_REDIS_FILE": str(self.folder / "redis.json"), "OML_STANDIN_WITHOUT_ASTERISK": "1",
            "DJANGO_SETTINGS_MODULE": "ominicontacto.settings.production", "INSTALL_PREFIX": str(self.folder / "opt"),
            "PBX_LINK_STATE_DIR": str(self.folder / "state"),
            "PYTHONPATH": str(self.project), "PYTHONDONTWRITEBYTECODE": "1", **self.more,
        }  # fmt: skip

    def __post_init__(self) -> None:
        self.more: dict[str, str] = {}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Its Python with these arguments."""
        command = [str(self.python), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, env=self.environment, cwd=self.project, timeout=180
        )

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A management command of OML's that must succeed."""
        done = self.run("manage.py", *arguments)
        assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done

    def link(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`oml-pbx-link ...`."""
        return self.run(str(self.python.with_name("oml-pbx-link")), *arguments)

    def activate(self) -> None:
        """Activates, which must succeed."""
        done = self.link("activate")
        assert done.returncode == 0, done.stdout + done.stderr

    def break_module(self, name: str, text: str) -> None:
        """Puts `text` in the place of an installed module."""
        path = self.site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of its database."""
        connection = psycopg2.connect(self.database)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def permissions(self) -> list[tuple[Any, ...]]:
        """The names of OML's permissions with the roles that have them."""
        return self.query(
            "SELECT p.codename, g.name FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id"
            " LEFT JOIN auth_group_permissions gp ON gp.permission_id = p.id"
            " LEFT JOIN auth_group g ON g.id = gp.group_id"
            " WHERE t.model = 'permiso_oml' ORDER BY 1, 2"
        )

    def contents(self) -> dict[str, Any]:
        """The whole database: structure and every row, without the counters of the sequences."""
        public = "FROM information_schema.columns WHERE table_schema = 'public'"
        tables = [name for (name,) in self.query(f"SELECT DISTINCT table_name {public} ORDER BY 1")]
        return {
            "columns": self.query(f"SELECT table_name, column_name, data_type, is_nullable {public} ORDER BY 1, 2"),
            "indexes": self.query(
                "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"
            ),
            "sequences": self.query("SELECT sequencename FROM pg_sequences ORDER BY 1"),
            **{f"rows of {name}": sorted(map(str, self.query(f'SELECT * FROM "{name}"'))) for name in tables},
        }

    def files(self) -> dict[str, str]:
        """Every file of its Python's packages, its project and its data, by the SHA-256 of its content."""
        found: dict[str, str] = {}
        for folder in (self.site, self.project, self.folder / "opt"):
            for path in sorted(folder.rglob("*")):
                name = str(path.relative_to(self.folder))
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        return found

    @contextmanager
    def web(self) -> Iterator[Web]:
        """Its web server, in a process of its own."""
        port = free_port()
        log = self.folder / "web.log"
        command = [str(self.python), "-c", SERVE, str(port)]
        nothing = {name: "" for name in os.environ if name.startswith(("PG", "OML_STANDIN_"))}
        server = ServerProcess("web", command, log, {**nothing, **self.environment})
        try:
            web = Web(f"http://127.0.0.1:{port}", log)
            server.wait_ready(lambda: web.answers("/accounts/login/"), 30)
            yield web
        finally:
            server.stop()


@dataclass
class Web:
    """OML's pages over HTTP."""

    url: str
    log: Path

    def answers(self, path: str) -> bool:
        """Whether there is anything."""
        try:
            return Browser(self.url).get(path)[0] > 0
        except OSError:
            return False

    def login(self, user: str) -> Browser:
        """Somebody logged in by OML's form."""
        browser = Browser(self.url)
        browser.get("/accounts/login/")
        status, page = browser.post("/accounts/login/", username=user, password="admin")
        assert status == 200 and "__all__" not in page, page
        return browser


class Browser:
    """One person's session."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._jar = CookieJar()
        self._open = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self._jar)
        ).open

    def get(self, path: str) -> tuple[int, str]:
        """Status and page."""
        return self._answer(urllib.request.Request(self._url + path))

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        """Status and page of a form."""
        token = next(cookie.value or "" for cookie in self._jar if cookie.name == "csrftoken")
        body = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token}).encode("ascii")
        return self._answer(urllib.request.Request(self._url + path, data=body, headers={"Referer": self._url}))

    def _answer(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with self._open(request, timeout=30) as answer:
                return answer.status, _TOKEN.sub("token", answer.read().decode("utf-8"))
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode("utf-8", "replace")


def new_host(folder: Path, version: str, database: str) -> OmlHost:
    """A host without the plugin; the database may be empty."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(STANDIN, folder / "project", ignore=ignored)
    (folder / "opt" / "static").mkdir(parents=True)
    return OmlHost(folder, version, database, oml_python.make(folder / "python", version))
