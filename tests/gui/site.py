"""The GUI's page under PHP's own server: a stand-in of the framework around it, a PBX's bench behind its command."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path

from tests.pbx.product import ROOT, Bench
from tests.stack.process import ServerProcess, find_program, free_port

GUI = ROOT / "issabel_module" / "gui"
FRAMEWORK = Path(__file__).with_name("framework")


def missing_php() -> str | None:
    """Why the page cannot be served here, or None."""
    return None if find_program("php") else "no PHP here (Debian: php-cli)"


def assemble(product: str, folder: Path) -> Path:
    """The module of a product as it is installed: what both share, and its own."""
    module = folder / product
    for part in ("shared", product):
        shutil.copytree(GUI / part, module, symlinks=True, dirs_exist_ok=True)
    return module


class Site:
    """A running site, and what its command was called with."""

    def __init__(self, base: str, calls: Path, command: Path) -> None:
        self.url = f"{base}/config.php?display=omnileads"
        self.command = command
        self._calls = calls

    def calls(self) -> list[list[str]]:
        """The arguments of every call of the command so far."""
        noted = self._calls.read_text(encoding="utf-8") if self._calls.exists() else ""
        return [call.split("\0") for call in noted.split("\0\n") if call]

    def commands(self) -> list[str]:
        """The commands called so far."""
        return [call[0] for call in self.calls()]

    def forget(self) -> None:
        """Forgets the calls so far."""
        self._calls.unlink(missing_ok=True)


class Visitor:
    """A client without a browser: cookies, and requests as an attacker would make them."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, query: str = "", cookie: str = "") -> str:
        """The page; `cookie` is sent instead of the visitor's own ones."""
        headers = {"Cookie": cookie} if cookie else {}
        request = urllib.request.Request(self._site.url + query, headers=headers)
        with self._opener.open(request, timeout=60) as answer:
            return str(answer.read().decode("utf-8"))

    def post(self, fields: Mapping[str, str], referer: str | None = None, query: str = "") -> str:
        """The page's answer to a form; the Referer is the page itself unless another is given."""
        body = urllib.parse.urlencode(fields).encode("ascii")
        request = urllib.request.Request(self._site.url + query, body)
        request.add_header("Referer", self._site.url if referer is None else referer)
        with self._opener.open(request, timeout=60) as answer:
            return str(answer.read().decode("utf-8"))

    def token(self) -> str:
        """The token of this visitor's session."""
        found = re.search(r'name="omnileads_token" value="([0-9a-f]{64})"', self.get())
        assert found, "the page has no token"
        return found.group(1)


@contextmanager
def serve(folder: Path, bench: Bench, product: str = "issabel") -> Iterator[Site]:
    """Serves the page; its command is the product's, pointed at the bench's PBX, journal and link file."""
    calls, command = folder / "calls", folder / "issabel-omnileads"
    _, *options = bench.arguments("x", lang="en")
    where = [option for option in options if option not in {"--lang", "en"}]
    run = [sys.executable, "-B", "-m", "issabel_module.cli"]
    write_command(command, calls, f'first=$1\nshift\nexec {shlex.join(run)} "$first" {shlex.join(where)} "$@"')
    port = free_port()
    sessions = folder / "sessions"
    sessions.mkdir()
    php = [str(find_program("php")), "-d", f"session.save_path={sessions}", "-t", str(FRAMEWORK)]
    module = assemble(product, folder)
    environment = {"STANDIN_MODULE": str(module), "STANDIN_PRODUCT": product, "STANDIN_COMMAND": str(command)}
    server = ServerProcess("php", [*php, "-S", f"127.0.0.1:{port}"], folder / "php.log", environment)
    try:
        base = f"http://127.0.0.1:{port}"
        server.wait_ready(lambda: _answers(base), 20)
        yield Site(base, calls, command)
    finally:
        server.stop()


def write_command(path: Path, calls: Path, last: str) -> None:
    """A command that notes its arguments, one call a line and NUL between them, and ends with the line `last`."""
    noted, root = shlex.quote(str(calls)), shlex.quote(str(ROOT))
    lines = ["#!/bin/sh", f"{{ printf '%s\\0' \"$@\"; echo; }} >> {noted}", f"cd {root} || exit 1", last]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o755)


def _answers(base: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base}/config.php", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False
