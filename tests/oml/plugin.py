"""An OML of two files and an Asterisk that answers AMI, for quick tests of the app `oml_plugin`."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.demo.manager import Answer, DemoAsterisk, Trunks, running, sections
from tests.standins.oml.testing import Standin

TRUNKS_FILE, ROUTES_FILE = "oml_pjsip_trunks.conf", "oml_extensions_outr.conf"
TABLES = ("troncalsip", "rutasaliente", "patrondediscado", "ordentroncal")
SECRET = "Qz7-not-to-be-shown-4411"
_LONGEST_HANG = 60.0

STATE = """
from django.apps import apps
from ominicontacto_app.services.redis.connection import create_redis_connection
store = create_redis_connection()
def model(name): return apps.get_model("configuracion_telefonia_app", name)
answer = {
    "rows": {t: list(model(t).objects.order_by("pk").values()) for t in TABLES},
    "hashes": {k: store.hgetall(k) for k in sorted(store.keys("OML:*")) if store.type(k) == "hash"},
    "stream": [json.loads(f["value"]) for _, f in store.xrange("asterisk_conf_updater")],
    "owned": list(apps.get_model("oml_plugin", "OwnedResource").objects.values_list("link", "kind", "name", "image")),
}
"""
FOREIGN = """
from configuracion_telefonia_app import models as m, regeneracion_configuracion_telefonia as sync
t = m.TroncalSIP.objects.create(nombre='theirs', text_config='type=wizard\\r\\ntransport=trunk-transport')
r = m.RutaSaliente.objects.create(nombre='their_route')
r.patrones_de_discado.create(match_pattern='0XXX', orden=1)
r.secuencia_troncales.create(troncal=t, orden=1)
sync.SincronizadorDeConfiguracionTroncalSipEnAsterisk().regenerar_troncales(t)
sync.SincronizadorDeConfiguracionDeRutaSalienteEnAsterisk().regenerar_asterisk(r)
"""
LINK = """[link]
name = test
topology = lan
[pbx]
address = {pbx}
sip_port = {pbx_port}
technology = {technology}
[omnileads]
address = 127.0.0.2
sip_port = {port}
trunk = {trunk}
[credentials]
secret = {secret}
[caller_id]
mode = {caller_id}
{more}
[omnileads_routes]
{routes}
"""
ALL = "[[all]]\npatterns = XXXXXXX, XXXXXXXX, 9|1XXX, XXXXXXXXXX\n"


@dataclass
class FakeAsterisk(DemoAsterisk):
    """Shows what the last entries of the stream make of it; hangs, or falls behind the stream, when told to."""

    store: Path = Path()
    hang_after_reloads: int = -1
    """It stops answering after so many `module reload`; 0: at once, -1: never."""
    srtp: bool = False
    """Whether it has loaded what encrypts audio."""
    behind: bool = False
    """Whether nobody brings it the files any more."""
    reloads: int = 0
    released: threading.Event = field(default_factory=threading.Event)
    _last: dict[str, str] = field(default_factory=dict)

    def answer(self, action: Mapping[str, str]) -> list[Answer]:
        """As its parent, unless it hangs."""
        if 0 <= self.hang_after_reloads <= self.reloads:
            self.released.wait(_LONGEST_HANG)
            return []
        self.reloads += action.get("Command") == "module reload"
        return super().answer(action)

    def _modulecheck(self, action: Mapping[str, str]) -> list[Answer]:
        is_srtp = self.srtp and action["Module"] == "res_srtp"
        return super()._modulecheck({"Module": "chan_pjsip"} if is_srtp else action)

    def forget(self) -> None:
        """Loses the files that it was brought."""
        self._last.clear()

    def file(self, name: str) -> str:
        """The text of a file as the consumer last wrote it."""
        if not self.behind:
            self._last.update({entry["archivo"]: entry["content"] for entry in stream(self.store)})
        return self._last.get(name, "")


def stream(store: Path) -> list[dict[str, str]]:
    """The entries on the stream of the file-backed Redis."""
    held = json.loads(store.read_text(encoding="utf-8")) if store.exists() else {}
    _, entries = held.get("asterisk_conf_updater", ["stream", []])
    return [json.loads(fields["value"]) for _, fields in entries]


@dataclass
class PluginOml:
    """The stand-in with the app, its Asterisk, and the options that each of its commands takes."""

    standin: Standin
    asterisk: FakeAsterisk
    folder: Path
    pbx: tuple[str, int]

    def link(self, routes: str = ALL, more: str = "", **values: Any) -> Path:
        """A link file (0600) of these values."""
        found = {
            "pbx": self.pbx[0], "pbx_port": self.pbx[1], "technology": "sip", "port": self.asterisk.sip_port,
            "trunk": "issabel", "secret": SECRET, "caller_id": "keep", "routes": routes, "more": more, **values,
        }  # fmt: skip
        path = self.folder / "link.conf"
        path.write_text(LINK.format(**found), encoding="utf-8")
        path.chmod(0o600)
        return path

    def run(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """`manage.py pbx_link ...` on the link file, in English."""
        own = ["--state-dir", str(self.folder / "state"), "--lang", "en"]
        if "--code" not in arguments:
            own += ["--link", str(self.folder / "link.conf")]
        return self.standin.run_command(["pbx_link", *arguments, *own], typed)

    def apply(self, *more: str) -> None:
        """Applies, and must succeed."""
        done = self.run("apply", "--yes", *more)
        assert done.returncode == 0, done.stdout + done.stderr

    def document(self, *arguments: str) -> dict[str, Any]:
        """The document of a command run with --json."""
        done = self.run(*arguments, "--json")
        assert done.stdout, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return {**found, "exit": done.returncode}

    def codes(self, *arguments: str) -> set[str]:
        """The codes of the command's findings."""
        return {finding["code"] for finding in self.document(*arguments)["findings"]}

    def python(self, code: str) -> Any:
        """See `Standin.python`."""
        return self.standin.python(code)

    def state(self) -> dict[str, Any]:
        """Rows, hashes, stream and what is ours."""
        found: dict[str, Any] = self.python(f"TABLES = {TABLES!r}\n{STATE}")
        return found

    def settled(self) -> dict[str, Any]:
        """The state without what an undone run may leave: more entries on the stream, of which the last count."""
        found = self.state()
        return {**found, "stream": {entry["archivo"]: entry["content"] for entry in found["stream"]}}

    @property
    def journals(self) -> Sequence[Path]:
        """What is open."""
        return list((self.folder / "state" / "journal").glob("*"))


@contextmanager
def plugin_oml(folder: Path, pbx: tuple[str, int]) -> Iterator[PluginOml]:
    """An OML whose migrated database is `folder`/oml.sqlite, with its Asterisk running."""
    store = folder / "redis.json"
    asterisk = FakeAsterisk(dict, sip_port=5160, transport="trunk-transport", store=store)
    asterisk.trunks = lambda: _trunks(asterisk)
    asterisk.dialplan = lambda: asterisk.file(ROUTES_FILE)
    with running(asterisk, "127.0.0.1", "127.0.0.2") as ami_port:
        standin = Standin.without_servers(folder).with_plugin()
        del standin.environment["OML_STANDIN_WITHOUT_ASTERISK"]
        standin.environment.update(ASTERISK_HOSTNAME="127.0.0.1", AMI_PORT=str(ami_port), AMI_PASSWORD="test")
        found = PluginOml(standin, asterisk, folder, pbx)
        found.link()
        try:
            yield found
        finally:
            asterisk.released.set()


def _trunks(asterisk: FakeAsterisk) -> Trunks:
    """The wizard's trunks; others have nothing that AMI could show."""
    found = sections(asterisk.file(TRUNKS_FILE))
    return {name: lines for name, lines in found.items() if "inbound_auth/username" in lines}
