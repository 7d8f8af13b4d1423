"""The link that faults are put into, and the ways to put them in: by rows of the PBX, by models of OML, by the commands
of both Asterisks, and by packet filters on both hosts."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis
from sqlalchemy import text

from tests.calls.linked import RTP, Linked, eventually
from tests.stack.asterisk import Asterisk
from tests.stack.nat import BehindNat
from tests.stack.network import Host, Lan

_PEER = "id LIKE 'tr-peer-%' AND keyword"
_KEPT_MODELS = "TroncalSIP, RutaSaliente, PatronDeDiscado, OrdenTroncal, RutaEntrante"
_OML = f"""
import re
from django.core import serializers
from configuracion_telefonia_app.models import {_KEPT_MODELS}
from configuracion_telefonia_app.regeneracion_configuracion_telefonia import (
    SincronizadorDeConfiguracionTroncalSipEnAsterisk as Trunks)
def published():
    one = TroncalSIP.objects.first()
    Trunks().regenerar_troncales(one) if one else None
trunk = TroncalSIP.objects.filter(nombre='issabel').first()
models = [{_KEPT_MODELS}]
"""


@dataclass(frozen=True)
class Patient:
    """A link that works."""

    hosts: Linked

    @property
    def network(self) -> Lan:
        """Both hosts' network."""
        assert self.hosts.pair.network is not None, "natively only"
        return self.hosts.pair.network

    def host(self, side: str) -> Host:
        """The host of a side, `pbx` or `oml`; behind a router it has its address there."""
        return self.network.hosts[side]

    def address(self, side: str) -> str:
        """Where the other side finds that one now."""
        if isinstance(self.network, BehindNat) and side == self.network.inside:
            return self.network.outside_address
        return (self.hosts.pair.pbx if side == "pbx" else self.hosts.pair.oml).address

    def start_on_pbx(self, number: str, there: bool = True, listen: int = 0) -> subprocess.Popen[str]:
        """`diagnose` on the PBX. `there`: it runs in that host's network, so that the filters that it reads are that
        host's; OML's pages and the database's port are in the network of this machine."""
        hosts = self.hosts
        more = ["--directory", str(hosts.folder / "directory.json"), "--listen", str(listen)]
        more += ["--database-url", self._by_socket()] if there else []
        line = hosts.command_on_pbx("diagnose", *([number] if number else []), "--json", *more)
        line += ["--link", str(self.pbx_link)]
        command = self.host("pbx").command(line) if there else line
        return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def start_on_oml(self, number: str, listen: int = 0) -> subprocess.Popen[str]:
        """`diagnose` on OML."""
        line = ["pbx_link", "diagnose", *([number] if number else []), "--json", *self.hosts.common()]
        line += ["--listen", str(listen)]
        return self.hosts.oml.start([*line, "--link", str(self.oml_link)])

    def apply_on_oml(self) -> None:
        """Applies OML's link file."""
        assert (
            self.hosts.oml.start(
                ["pbx_link", "apply", "--yes", *self.hosts.common(), "--link", str(self.oml_link)]
            ).wait(60)
            == 0
        )

    @property
    def pbx_link(self) -> Path:
        """The link file of the PBX's host."""
        own = self.hosts.folder / "pbx" / "link.conf"
        return own if own.exists() else self.hosts.folder / "link.conf"

    @property
    def oml_link(self) -> Path:
        """The link file of OML's host."""
        own = self.hosts.folder / "oml" / "link.conf"
        return own if own.exists() else self.hosts.folder / "link.conf"

    def _by_socket(self) -> str:
        with self.hosts.pbx.engine.connect() as connection:
            path = connection.execute(text("SELECT @@socket")).scalar_one()
        url = self.hosts.pbx.database.set(host="", port=None)
        return str(url.update_query_dict({"unix_socket": str(path)}).render_as_string(hide_password=False))

    @contextmanager
    def pbx_rows(self, tables: Sequence[str], *statements: str, reload: bool = True) -> Iterator[None]:
        """Runs SQL on the PBX, as its GUI would, and reloads; afterwards the tables are as they were."""
        before = {table: self._rows(table) for table in tables}
        try:
            self._execute(statements)
            self.reload_pbx() if reload else None
            yield
        finally:
            for table, rows in before.items():
                self._execute([f"DELETE FROM {table}"])
                self.hosts.pbx.insert(table, *rows) if rows else None
            self.reload_pbx()

    def _rows(self, table: str) -> list[Mapping[str, object]]:
        with self.hosts.pbx.engine.connect() as connection:
            return [dict(row) for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()]

    def _execute(self, statements: Sequence[str]) -> None:
        with self.hosts.pbx.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def reload_pbx(self) -> None:
        """As by "Apply Config"; chan_sip is loaded anew, because it keeps what left its lines."""
        self.hosts.pbx.ask_for_reload()
        assert self.hosts.pbx.reload().returncode == 0
        self.restart_chan_sip()
        self.is_known("sip show peers")

    def restart_chan_sip(self) -> None:
        """Loads it anew; with TLS connections only its files: Asterisk died of being rid of it then (seen)."""
        if self.hosts.pbx.params.keys:
            self.hosts.pair.pbx.cli("sip reload")
            return
        unload(self.hosts.pair.pbx, "chan_sip")
        self.hosts.pair.pbx.cli("module load chan_sip.so")

    def settle(self) -> None:
        """Waits until each Asterisk has an answer to its pings: it calls nobody whose last one was missed. And until
        one is registered with the other, where the link says so."""

        def settled() -> bool:
            for command in ("sip qualify peer omnileads", "pjsip qualify omnileads"):
                self.hosts.pair.pbx.cli(command)
            self.hosts.oml_cli("pjsip qualify issabel")
            peers = self.hosts.pair.pbx.cli("sip show peers") + self.hosts.pair.pbx.cli("pjsip show contacts")
            answers = ("OK (" in peers or " Avail " in peers) and " Avail " in self.hosts.oml_cli("pjsip show contacts")
            return answers and self.is_registered()

        if not eventually(settled, 5):
            self.register_again()
            assert eventually(settled, 60), self.hosts.pair.logs()

    def is_registered(self) -> bool:
        """Whether the side that registers, where one does, has been let in by the other."""
        text = self.pbx_link.read_text()
        if "registers = pbx" in text:
            return "Registered " in self.hosts.pair.pbx.cli("sip show registry")
        return "registers = omnileads" not in text or "Registered " in self.hosts.oml_cli("pjsip show registrations")

    def register_again(self) -> None:
        """Whichever side registers does so now, and not when it would by itself."""
        (self.hosts.pair.pbx.etc_dir / "sip.conf").touch()
        self.hosts.pair.pbx.cli("sip reload")
        self.hosts.oml_cli("pjsip send register issabel-reg-0")

    def new_certificates(self) -> None:
        """Both Asterisks take the certificates that their files name now."""
        self.hosts.oml_cli("module reload res_pjsip.so")
        self.restart_chan_sip()

    @contextmanager
    def sip_general(self, text: str) -> Iterator[None]:
        """Lines of chan_sip's general section on the PBX."""
        path = self.hosts.pair.pbx.etc_dir / "sip_general_custom.conf"
        with self.file(path, text, ["sip reload"], "pbx"):
            yield

    def is_known(self, command: str) -> bool:
        """Waits until the peer has answered a ping, for a short time: with a fault it may not."""
        return eventually(lambda: "OK (" in self.hosts.pair.pbx.cli(command), 2)

    @contextmanager
    def peer(self, keyword: str, value: str) -> Iterator[None]:
        """The PBX's peer with another line."""
        change = f"UPDATE sip SET data = '{value}' WHERE {_PEER} = '{keyword}'"
        with self.pbx_rows(["sip"], change):
            yield

    @contextmanager
    def oml(self, code: str) -> Iterator[None]:
        """Runs `code` with OML's models (`trunk` is the link's, `published()` publishes all); afterwards they are as
        they were."""
        kept = self.hosts.oml.python(
            _OML + "answer = serializers.serialize('json', [row for model in models for row in model.objects.all()])"
        )
        try:
            self.hosts.oml.python(_OML + code)
            yield
        finally:
            restore = f"rows = list(serializers.deserialize('json', {kept!r}))\n"
            restore += "keys = {(type(row.object), row.object.pk) for row in rows}\n"
            restore += "[row.delete() for model in reversed(models) for row in model.objects.all()"
            restore += " if (model, row.pk) not in keys]\n[row.save() for row in rows]\npublished()"
            self.hosts.oml.python(_OML + restore)
            self.oml_loads()

    @contextmanager
    def wizard(self, pattern: str, line: str) -> Iterator[None]:
        """OML's trunk with another line in its text."""
        change = f"trunk.text_config = re.sub({pattern!r}, {line!r}, trunk.text_config)\ntrunk.save()\npublished()"
        with self.oml(change):
            assert eventually(lambda: line.split()[-1] in self.oml_file.read_text())
            self.hosts.oml_cli("module reload res_pjsip.so")
            yield

    @property
    def oml_file(self) -> Path:
        """What OML's Asterisk reads of its trunks."""
        return self.hosts.pair.oml.etc_dir / "oml_pjsip_trunks.conf"

    def oml_loads(self) -> None:
        """Waits until OML's Asterisk has the link's trunk."""

        def loaded() -> bool:
            self.hosts.oml_cli("module reload res_pjsip.so")
            return "issabel" in self.hosts.oml_cli("pjsip show endpoints")

        assert eventually(loaded), "OML's trunk did not come back"

    @contextmanager
    def filtered(self, host: Host, *rules: str) -> Iterator[None]:
        """Rules of iptables on a host, e.g. `INPUT -p udp -s 10.0.0.3 -j DROP`."""
        try:
            for rule in rules:
                _iptables(host, "-I", rule)
            yield
        finally:
            for rule in rules:
                _iptables(host, "-D", rule)

    @contextmanager
    def silenced(self, host: Host) -> Iterator[None]:
        """All audio that leaves a host is silence (A-law), in packets as before."""
        rtp = f"udp sport {RTP[0]}-{RTP[1]}" if host == self.host("oml") else f"udp dport {RTP[0]}-{RTP[1]}"
        begins, step = 8 * (8 + 12), 128  # bits: the headers of UDP and RTP, and what one rule may write
        lines = [f"add rule ip mute out {rtp} @th,{begins + nth * step},{step} set 0x{'d5' * 16}" for nth in range(10)]
        chain = "add chain ip mute out { type filter hook output priority 0; }"
        try:
            _nft(host, "add table ip mute", chain, *lines)
            yield
        finally:
            _nft(host, "delete table ip mute")

    @contextmanager
    def cli(self, side: str, fault: Sequence[str], mend: Sequence[str]) -> Iterator[None]:
        """Commands on an Asterisk (`pbx`, `oml`), and those that mend it."""
        say = self.hosts.pair.pbx.cli if side == "pbx" else self.hosts.oml_cli
        try:
            for command in fault:
                say(command)
            yield
        finally:
            for command in mend:
                say(command)

    @contextmanager
    def other_link(self, side: str, old: str, new: str) -> Iterator[None]:
        """Another link file on one host, not applied."""
        there = self.hosts.folder / side / "link.conf"
        there.parent.mkdir(exist_ok=True)
        there.write_text((self.hosts.folder / "link.conf").read_text().replace(old, new))
        there.chmod(0o600)
        try:
            yield
        finally:
            there.unlink()

    @contextmanager
    def file(self, path: Path, content: str, commands: Sequence[str], side: str) -> Iterator[None]:
        """A file of an Asterisk with other content, and the commands that make it read it."""
        before = path.read_text()
        say = self.hosts.pair.pbx.cli if side == "pbx" else self.hosts.oml_cli
        try:
            path.write_text(content)
            for command in commands:
                say(command)
            yield
        finally:
            path.write_text(before)
            for command in commands:
                say(command)

    def agent_status(self, status: str) -> str:
        """Sets the first agent's status in OML's Redis; returns its id and SIP extension as the number to call."""
        read = "from ominicontacto_app.models import AgenteProfile as A\n"
        read += "answer = [[a.id, str(a.sip_extension)] for a in A.objects.order_by('id')[:1]]"
        identifier, sip = self.hosts.oml.python(read)[0]
        where = self.hosts.oml.environment
        with redis.Redis(where["REDIS_HOSTNAME"], int(where["REDIS_PORT"])) as store:
            store.hset(f"OML:AGENT:{identifier}", "STATUS", status)
        return f"{sip}{identifier}"


def unload(asterisk: Asterisk, driver: str) -> None:
    """A driver can be unloaded once no call is left, and never by a command that comes over AMI. After some calls that
    failed chan_pjsip goes by force only, though no channel is left (seen)."""

    def unloaded(options: str = "") -> bool:
        asterisk.cli(f"module unload {options} {driver}.so")
        return "0 modules loaded" in asterisk.cli(f"module show like {driver}.so")

    assert eventually(unloaded, 5) or eventually(lambda: unloaded("-f")), asterisk.cli("core show channels")


def _nft(host: Host, *lines: str) -> None:
    command, text = host.command(["nft", "-f", "-"]), "".join(f"{line}\n" for line in lines)
    subprocess.run(command, input=text, text=True, check=True, capture_output=True, timeout=10)


def _iptables(host: Host, action: str, rule: str) -> None:
    subprocess.run(host.command(["iptables", "-w", action, *rule.split()]), check=True, capture_output=True, timeout=10)
