"""Shows the whole job: init, check, plan, apply, what both GUIs would list, a second apply, remove."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import Engine, NullPool, create_engine, text

from pbxlink.messages.catalogue import language_of_environment
from tests.demo.manager import DemoAsterisk, Trunks, running, sections, text_of
from tests.standins.oml.testing import Standin
from tests.standins.pbx.config import PbxParams, amportal_settings, install_module_admin, write_amportal
from tests.standins.pbx.fresh import load_fresh
from tests.standins.pbx.schema import load_schema

PBX_ADDRESS, OML_ADDRESS = "127.0.0.3", "127.0.0.2"
LANGUAGE = language_of_environment()
SPANISH = LANGUAGE == "es"


def main() -> int:
    """Runs the demo in a folder that goes with it; 0 where every step ended as it should."""
    with tempfile.TemporaryDirectory(prefix="issabel-omnileads-demo-") as name:
        return Demo(Path(name)).run()


class Demo:
    """Two hosts in one folder: a fresh PBX's database and AstDB, and an OML with two agents and a DID."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._etc = folder / "asterisk"
        self._etc.mkdir()
        self._database = folder / "pbx.sqlite"
        self._oml = Standin.without_servers(folder)
        self._failed: list[str] = []

    def run(self) -> int:
        """Every step in turn."""
        pbx = DemoAsterisk(
            lambda: _file(self._etc / "sip_additional.conf"),
            sip_port=5060,
            dialplan=lambda: text_of(self._etc / "extensions_additional.conf"),
        )
        oml = DemoAsterisk(self._oml_trunks, sip_port=5060, transport="trunk-transport", dialplan=self._oml_dialplan)
        with ExitStack() as stack:
            pbx_port = stack.enter_context(running(pbx, "127.0.0.1", PBX_ADDRESS))
            oml_port = stack.enter_context(running(oml, "127.0.0.1", OML_ADDRESS))
            engine = self._prepare_pbx(pbx_port)
            self._prepare_oml(oml_port)
            before = self._state(engine, pbx)
            self._steps(engine, oml.sip_port)
            self._end(before == self._state(engine, pbx))
        return 1 if self._failed else 0

    def _prepare_pbx(self, ami_port: int) -> Engine:
        engine = create_engine(f"sqlite:///{self._database}", poolclass=NullPool)
        load_schema(engine)
        load_fresh(engine)
        params = PbxParams(run_root=str(self._folder), ami_port=ami_port)
        amportal = self._folder / "amportal.conf"
        write_amportal(amportal, amportal_settings(params, engine.url, self._folder / "bin", self._etc))
        install_module_admin(self._folder / "bin", amportal)
        return engine

    def _prepare_oml(self, ami_port: int) -> None:
        self._oml.environment.pop("OML_STANDIN_WITHOUT_ASTERISK")
        self._oml.environment.update(
            OML_STANDIN_PLUGIN="1",
            ASTERISK_HOSTNAME="127.0.0.1",
            AMI_PORT=str(ami_port),
            AMI_PASSWORD="demo",
            PYTHONPATH=_python_path(),
        )
        self._oml.manage("migrate", "-v", "0")
        self._oml.manage("standin_seed", "--agent", "Ana Gómez", "--agent", "Luis O'Brien", "--did", "098098=ventas")

    def _oml_trunks(self) -> Trunks:
        """What OML's Asterisk host would have made of the last trunks on the stream."""
        return sections(self._oml_file("oml_pjsip_trunks.conf"))

    def _oml_dialplan(self) -> str:
        return self._oml_file("oml_extensions_outr.conf")

    def _oml_file(self, name: str) -> str:
        store = Path(self._oml.environment["OML_STANDIN_REDIS_FILE"])
        read = "from ominicontacto_app.services.redis.connection import create_redis_connection as c\n"
        read += "answer = [entry['value'] for _, entry in c().xrange('asterisk_conf_updater')]"
        entries = [json.loads(value) for value in self._oml.python(read)] if store.exists() else []
        files = [each["content"] for each in entries if each["archivo"] == name]
        return files[-1] if files else ""

    def _steps(self, engine: Engine, oml_port: int) -> None:
        directory = self._folder / "directory.json"
        self._title("1. OMniLeads: qué DID y agentes tiene", "1. OMniLeads: the DIDs and agents it has")
        directory.write_text(self._on_oml(["directory"]), encoding="utf-8")
        self._title("2. PBX: el enlace en un archivo, y aplicarlo", "2. PBX: the link in one file, and applying it")
        port = [] if oml_port == 5060 else ["--omnileads-port", str(oml_port)]
        init = ["init", "--topology", "lan", "--pbx-address", PBX_ADDRESS, "--omnileads-address", OML_ADDRESS, *port]
        self._on_pbx([*init, "--from-directory", "--omnileads-route", "todo=XXXXXXX,XXXXXXXX,9|1XXX"])
        for command, code in ((["check"], 0), (["plan"], 2), (["apply", "--yes"], 0)):
            self._on_pbx([*command, "--directory", str(directory)], code)
        self._title("3. OMniLeads: el mismo enlace, como código", "3. OMniLeads: the same link, as a code")
        link_code = self._on_pbx(["code"], quiet=True).strip()
        for command, code in ((["check"], 0), (["plan"], 2), (["apply", "--yes"], 0)):
            self._on_oml([*command, "--code", "-"], code, link_code)
        self._title("4. Lo que listan las dos GUI", "4. What both GUIs list")
        self._lists(engine)
        self._title("5. Aplicar otra vez no cambia nada", "5. Applying again changes nothing")
        self._on_pbx(["apply", "--yes", "--directory", str(directory)])
        self._on_oml(["apply", "--yes", "--code", "-"], 0, link_code)
        self._title("6. Quitarlo de los dos lados", "6. Taking it away from both sides")
        self._on_oml(["remove", "--yes", "--code", "-"], 0, link_code)
        self._on_pbx(["remove", "--yes"])

    def _on_pbx(self, arguments: Sequence[str], code: int = 0, quiet: bool = False) -> str:
        own = ["--link", str(self._folder / "link.conf"), "--amportal-conf", str(self._folder / "amportal.conf")]
        own += ["--database-url", f"sqlite:///{self._database}", *self._common()]
        command = [sys.executable, "-m", "issabel_module.cli", *arguments, *own]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return self._show("pbx# issabel-omnileads", arguments, done, code, quiet)

    def _on_oml(self, arguments: Sequence[str], code: int = 0, typed: str = "") -> str:
        done = self._oml.run_command(["pbx_link", *arguments, *self._common()], typed)
        return self._show("oml# manage.py pbx_link", arguments, done, code, False)

    def _common(self) -> list[str]:
        return ["--state-dir", str(self._folder / "state"), "--lang", LANGUAGE]

    def _show(
        self, prompt: str, arguments: Sequence[str], done: subprocess.CompletedProcess[str], code: int, quiet: bool
    ) -> str:
        if not quiet:
            shown = shlex.join(arguments).replace(str(self._folder) + "/", "")
            print(f"\n{prompt} {shown}\n{done.stdout.replace(str(self._folder) + '/', '')}", end="", flush=True)
        if done.returncode != code:
            print(done.stderr, file=sys.stderr)
            self._failed.append(f"{prompt} {shlex.join(arguments)}: exit {done.returncode}, expected {code}")
        return done.stdout

    def _lists(self, engine: Engine) -> None:
        queries = {
            "PBX > Trunks": "SELECT trunkid, name, tech FROM trunks",
            "PBX > Extensions": "SELECT u.extension, u.name, d.dial FROM users u JOIN devices d ON d.id = u.extension",
            "PBX > Outbound Routes": "SELECT name FROM outbound_routes",
        }
        with engine.connect() as connection:
            for title, query in queries.items():
                _table(title, [[str(cell) for cell in row] for row in connection.execute(text(query))])
        read = "from configuracion_telefonia_app.models import TroncalSIP, RutaSaliente\n"
        read += "answer = [list(TroncalSIP.objects.values_list('nombre', 'canales_maximos')),\n"
        read += "[[r.nombre, ' '.join(f'{p.prefix or str()}|{p.match_pattern}' for p in r.patrones_de_discado.all())]"
        read += " for r in RutaSaliente.objects.all()]]"
        trunks, routes = self._oml.python(read)
        _table("OMniLeads > Troncales SIP", trunks)
        _table("OMniLeads > Rutas salientes", routes)

    def _state(self, engine: Engine, pbx: DemoAsterisk) -> object:
        """Every table and key of both sides, but for our own tables and what only grows (stream, sequences)."""
        with engine.connect() as connection:
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
            kept = [name for name in names if not name.startswith("sqlite_") and name != "issabel_omnileads"]
            tables = {name: sorted(map(repr, connection.execute(text(f"SELECT * FROM {name}")))) for name in kept}
        read = "from configuracion_telefonia_app.models import TroncalSIP, RutaSaliente\n"
        read += "from ominicontacto_app.services.redis.connection import create_redis_connection as c\n"
        read += "answer = [list(TroncalSIP.objects.values()), list(RutaSaliente.objects.values())]"
        read += " + sorted(c().keys('OML:*'))"
        return tables, dict(pbx.astdb), self._oml.python(read)

    def _title(self, spanish: str, english: str) -> None:
        print(f"\n=== {spanish if SPANISH else english}", flush=True)

    def _end(self, same: bool) -> None:
        if not same:
            self._failed.append("something was left behind")
        for failure in self._failed:
            print(f"FAILED: {failure}")
        if not self._failed:
            spanish = "Todo volvió a estar como al principio, en las dos bases, AstDB y Redis."
            english = "All is again as it was at first, in both databases, AstDB and Redis."
            print(f"\n{spanish if SPANISH else english}")


def _table(title: str, rows: Sequence[Sequence[object]]) -> None:
    print(f"\n{title}")
    for row in rows:
        print("   " + " | ".join(str(cell) for cell in row))


def _file(path: Path) -> Trunks:
    return sections(text_of(path))


def _python_path() -> str:
    repository = Path(__file__).resolve().parents[2]
    return os.pathsep.join([str(repository / "tests" / "standins" / "oml"), str(repository)])


if __name__ == "__main__":
    sys.exit(main())
