"""The plugin's page on a stand-in OML behind a web server, and visitors to it without a browser."""

from __future__ import annotations

import html
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.cookiejar import CookieJar
from pathlib import Path

from tests.oml.omlhost import SERVE
from tests.stack.process import ServerProcess, free_port, wait_until
from tests.standins.oml.testing import HERE, Standin

PASSWORD = "admin"
USERS = """
from django.contrib.auth.models import Group
from ominicontacto_app.models import User
for name, role in (("gerente", "Gerente"), ("supervisora", "Supervisor"), ("referente", "Referente")):
    user = User.objects.create(username=name, is_staff=True, is_supervisor=True)
    user.set_password("admin")
    user.save()
    user.groups.add(Group.objects.get(name=role))
"""
_JOB_SECONDS = 90.0


@dataclass(frozen=True)
class Answer:
    """A page: where it was in the end, its status, its headers in lower case and its text."""

    path: str
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def page(self) -> str:
        """Which of our pages it is; empty: none."""
        found = re.search(r'id="pbx-link" data-page="(\w*)"', self.text)
        return found.group(1) if found else ""

    @property
    def findings(self) -> list[tuple[str, str]]:
        """Severity and code of the findings shown."""
        return [
            (severity, code) for code, severity in re.findall(r'data-code="([^"]+)" data-severity="(\w+)"', self.text)
        ]

    @property
    def changes(self) -> list[tuple[str, str]]:
        """Action and key of the changes shown."""
        return re.findall(r'data-action="(\w+)" data-key="([^"]*)"', self.text)

    @property
    def state(self) -> str:
        """A job's."""
        found = re.search(r'data-state="(running|done|failed)"', self.text)
        return found.group(1) if found else ""

    @property
    def is_refreshing(self) -> bool:
        """Whether it loads itself again."""
        return 'http-equiv="refresh"' in self.text

    @property
    def forms(self) -> list[str]:
        """The forms' HTML."""
        return re.findall(r"<form.*?</form>", self.text, re.DOTALL)

    def hidden(self, name: str) -> str:
        """What a hidden field holds."""
        found = re.search(rf'type="hidden" name="{name}" value="([^"]*)"', self.text)
        assert found, f"{self.path} has no field {name}"
        return html.unescape(found.group(1))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


class Visitor:
    """Somebody with cookies, who is no browser: sends what it is told to."""

    def __init__(self, base: str) -> None:
        self._base = base
        self.is_patient = True
        """Whether a page that loads itself again is waited for, as a person would; not the page of a job."""
        self._cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies), _NoRedirect())

    def login(self, user: str) -> Visitor:
        """Logs in, by the form."""
        self.get("/accounts/login/")
        done = self.post("/accounts/login/", {"username": user, "password": PASSWORD}, follow=False)
        assert done.status == 302, done.text
        return self

    def get(self, path: str, language: str = "") -> Answer:
        """The page, redirects followed."""
        return self._follow(urllib.request.Request(self._base + path), language)

    def post(self, path: str, fields: Mapping[str, object], follow: bool = True, token: bool = True) -> Answer:
        """What the form answers."""
        given = {**fields, **({"csrfmiddlewaretoken": self.cookie("csrftoken")} if token else {})}
        body = urllib.parse.urlencode(given, doseq=True).encode("utf-8")
        request = urllib.request.Request(self._base + path, body)
        return self._follow(request) if follow else self._send(request)

    def upload(self, path: str, fields: Mapping[str, str], name: str, content: bytes) -> Answer:
        """Sends a form with a file in its field `file`."""
        border = "border0123456789"
        given = {**fields, "csrfmiddlewaretoken": self.cookie("csrftoken")}
        parts = [f'--{border}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
                 for key, value in given.items()]  # fmt: skip
        head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        request = urllib.request.Request(
            self._base + path, b"".join([*parts, head, content, f"\r\n--{border}--\r\n".encode()])
        )
        request.add_header("Content-Type", f"multipart/form-data; boundary={border}")
        return self._follow(request)

    def job(self, started: Answer) -> Answer:
        """The page of a job when it ended."""
        seen = [started]

        def ended() -> bool:
            seen.append(self.get(started.path))
            return seen[-1].state != "running"

        assert started.page == "job", f"{started.status} {started.path} {started.findings}\n{started.text[:3000]}"
        assert wait_until(ended, _JOB_SECONDS, 0.3), seen[-1].text
        return seen[-1]

    def cookie(self, name: str) -> str:
        """A cookie's value."""
        return next((each.value or "" for each in self._cookies if each.name == name), "")

    def _follow(self, request: urllib.request.Request, language: str = "") -> Answer:
        if language:
            request.add_header("Accept-Language", language)
        answer = self._send(request)
        if answer.status in {301, 302}:
            where = urllib.parse.urljoin(request.full_url, answer.headers["location"])
            return self._follow(urllib.request.Request(where), language)
        return answer if answer.page == "job" else self._settled(answer, language)

    def _settled(self, answer: Answer, language: str) -> Answer:
        """A page that loads itself again, when it no longer does."""
        deadline = time.monotonic() + _JOB_SECONDS
        while answer.is_refreshing and self.is_patient and time.monotonic() < deadline:
            time.sleep(0.2)
            again = urllib.request.Request(self._base + answer.path)
            if language:
                again.add_header("Accept-Language", language)
            answer = self._send(again)
        return answer

    def _send(self, request: urllib.request.Request) -> Answer:
        path = request.full_url.removeprefix(self._base)
        try:
            with self._opener.open(request, timeout=60) as found:
                return Answer(path, found.status, _lower(found.headers), found.read().decode("utf-8"))
        except urllib.error.HTTPError as found:
            with found:
                return Answer(path, found.code, _lower(found.headers), found.read().decode("utf-8", "replace"))


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@dataclass(frozen=True)
class Site:
    """A stand-in behind a web server."""

    url: str
    standin: Standin
    state: Path
    server: ServerProcess

    def visitor(self, user: str = "") -> Visitor:
        """A new one, logged in if a user is named."""
        return Visitor(self.url).login(user) if user else Visitor(self.url)

    def sees(self, secret: str) -> bool:
        """Whether the secret stands in the server's log."""
        return secret in self.server.log.read_text(encoding="utf-8", errors="replace")


def seed(standin: Standin) -> None:
    """Roles, permissions, one user of each role, an agent and an inbound route."""
    standin.manage("standin_seed", "--agent", "Ana Agent", "--did", "098098=ventas")
    standin.python(USERS)


@contextmanager
def serving(standin: Standin, folder: Path, one_worker: bool = False, before: Sequence[str] = ()) -> Iterator[Site]:
    """Serves the stand-in in a process of its own: with threads by Django's own server, or as OML's stock settings do,
    one request after the other (`one_worker`). `before`: what the server's command is run by."""
    port, state = free_port(), folder / "state"
    standin.environment["PBX_LINK_STATE_DIR"] = str(state)
    environment = {"DJANGO_SETTINGS_MODULE": "ominicontacto.settings.production", **standin.environment}
    threads = [str(HERE / "manage.py"), "runserver", f"127.0.0.1:{port}", "--noreload"]
    command = [*before, standin.python_path, *(["-c", SERVE, str(port)] if one_worker else threads)]
    server = ServerProcess("oml", command, folder / "server.log", environment)
    try:
        base = f"http://127.0.0.1:{port}"
        server.wait_ready(lambda: _answers(base), 40)
        yield Site(base, standin, state, server)
    finally:
        server.stop()


def _answers(base: str) -> bool:
    try:
        return Visitor(base).get("/accounts/login/").status == 200
    except OSError:
        return False


def lives(pid: int) -> bool:
    """Whether a process lives."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return done.returncode == 0 and not done.stdout.strip().startswith("Z")
