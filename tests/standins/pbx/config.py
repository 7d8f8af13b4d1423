"""Renders the stand-in PBX's Asterisk configuration, amportal.conf, and the launcher of module_admin."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Mapping
from configparser import ConfigParser
from dataclasses import asdict, dataclass, field
from pathlib import Path
from string import Template
from typing import Any

from sqlalchemy import URL

_HERE = Path(__file__).resolve().parent
_TEMPLATES = _HERE / "asterisk"
LOOPBACK_ONLY = ("127.0.0.0/255.0.0.0",)
OTHER_ASTERISK = "PBXLINK_TEST_PBX_ASTERISK"
"""Names the prefix of an Asterisk that runs in the place of the distribution's (docs/testing.md)."""
RUN_FOLDERS = ("lib/agi-bin", "db", "spool", "run", "log")
# Written by the generator or by hand; Asterisk refuses a file whose #include is missing.
INCLUDED = (
    "sip_additional.conf", "sip_registrations.conf", "sip_custom.conf", "sip_general_custom.conf",
    "pjsip_additional.conf", "pjsip_custom.conf", "queues_additional.conf", "res_parking_additional.conf",
    "extensions_additional.conf", "manager_custom.conf",
)  # fmt: skip
_SIP_TLS = """tlsenable = yes
tlsbindaddr = {address}:{sip_tls_port}
tlscertfile = {keys}/pbx.pem
tlscafile = {keys}/authority.pem
"""
_MORE_TRANSPORTS = """
[{tcp}]
type = transport
protocol = tcp
bind = {address}:{pjsip_port}

[{tls}]
type = transport
protocol = tls
bind = {address}:{pjsip_tls_port}
cert_file = {keys}/pbx.pem
priv_key_file = {keys}/pbx.key
ca_list_file = {keys}/authority.pem
verify_server = yes
method = tlsv1_2
"""
# Asterisk complains about these when they are missing; their defaults are right.
EMPTY = ("acl.conf", "ccss.conf", "pjproject.conf", "queuerules.conf", "stasis.conf", "udptl.conf")


@dataclass(frozen=True)
class PbxParams:
    """One stand-in PBX. `run_root` and `etc_dir` are the paths as Asterisk sees them (in a container: inside it).

    `ami_host` is where the PBX's own programs find the manager; `ami_bind` (that address when empty) where it listens.
    """

    run_root: str
    etc_dir: str = ""
    address: str = "127.0.0.1"
    sip_port: int = 5060
    pjsip_port: int = 5066
    transport: str = "transport-udp"
    keys: str = ""
    """A folder of `certificates.authority`: then both drivers listen by TCP and TLS too, and SRTP is there."""
    sip_tls_port: int = 5061
    pjsip_tls_port: int = 5067
    rtp_start: int = 10000
    rtp_end: int = 10200
    ami_host: str = "127.0.0.1"
    ami_bind: str = ""
    ami_port: int = 5038
    ami_user: str = "admin"
    ami_secret: str = "standin-ami-secret"
    ami_permit: tuple[str, ...] = LOOPBACK_ONLY
    chan_sip: bool = True
    chan_pjsip: bool = True
    module_dir: str = ""
    data_dir: str = "/usr/share/asterisk"
    extensions_custom: str = "[from-internal-custom]\n"
    extra: Mapping[str, str] = field(default_factory=dict)


def write_config(etc_dir: Path, params: PbxParams) -> Path:
    """Writes every configuration file into `etc_dir` and returns the path of asterisk.conf.

    Files that the generator writes are created empty and never overwritten. `params.extra` adds or replaces files
    (name -> content). make_run_folders makes the folders that it names.
    """
    etc_dir.mkdir(parents=True, exist_ok=True)
    values = _values(etc_dir, params)
    for template in sorted(_TEMPLATES.glob("*.conf")):
        text = Template(template.read_text(encoding="utf-8")).substitute(values)
        (etc_dir / template.name).write_text(text, encoding="utf-8")
    (etc_dir / "modules.conf").write_text(modules_conf(params), encoding="utf-8")
    (etc_dir / "extensions_custom.conf").write_text(params.extensions_custom, encoding="utf-8")
    for name in (*INCLUDED, *EMPTY):
        (etc_dir / name).touch()
    for name, content in params.extra.items():
        (etc_dir / name).write_text(content, encoding="utf-8")
    return etc_dir / "asterisk.conf"


def pbx_writer(**changes: Any) -> Callable[[Path, str, int], None]:
    """A tests.stack ConfigWriter: writer(etc_dir, address, ami_port), with other fields of PbxParams as given.

    The manager listens where the test process reaches it as well: the vendor's is for 127.0.0.1 only.
    """

    def write(etc_dir: Path, address: str, ami_port: int) -> None:
        bind = {"ami_host": address} if address.startswith("127.") else {"ami_bind": "0.0.0.0"}
        permit = (*LOOPBACK_ONLY, "10.66.0.0/255.255.0.0")
        fields = {
            "run_root": str(etc_dir.parent / "run"),
            "address": address,
            "ami_port": ami_port,
            "ami_permit": permit,
        }
        write_config(etc_dir, PbxParams(**{**fields, **bind, **changes}))

    return write


def make_run_folders(run_root: Path) -> None:
    for name in RUN_FOLDERS:
        (run_root / name).mkdir(parents=True, exist_ok=True)


def modules_conf(params: PbxParams) -> str:
    """Only what is needed is loaded: a start takes a second, and no module listens on a port of its own."""
    lists = ConfigParser(allow_no_value=True)
    lists.read(_TEMPLATES / "modules.ini", encoding="utf-8")
    older = OTHER_ASTERISK in os.environ
    wanted = {
        "pbx": True,
        "older": older,
        "srtp": bool(params.keys),
        "chan_pjsip": params.chan_pjsip,
        "chan_sip": params.chan_sip,
    }
    names = [name for section, on in wanted.items() if on for name in lists[section]]
    return "\n".join(["[modules]", "autoload = no", *(f"load = {name}.so" for name in names), ""])


def find_module_dir() -> str:
    """Of the Asterisk whose prefix is given; Debian's are in one of these, by release."""
    if OTHER_ASTERISK in os.environ:
        return f"{os.environ[OTHER_ASTERISK]}/lib/asterisk/modules"
    multiarch = sorted(Path("/usr/lib").glob("*/asterisk/modules"))
    found = [path for path in (Path("/usr/lib/asterisk/modules"), *multiarch) if path.is_dir()]
    return str(found[0]) if found else "/usr/lib/asterisk/modules"


def amportal_settings(params: PbxParams, database: URL, bin_dir: Path, etc_dir: Path) -> dict[str, str]:
    """The keys of amportal.conf that this project knows. `etc_dir`: where the generator writes, on its own host."""
    sqlite = database.get_backend_name() == "sqlite"
    return {
        "AMPDBENGINE": "sqlite" if sqlite else "mysql",
        "AMPDBHOST": database.host or "localhost",
        "AMPDBPORT": str(database.port or 3306),
        "AMPDBNAME": database.database or "asterisk",
        "AMPDBUSER": database.username or "",
        "AMPDBPASS": str(database.password or ""),
        "AMPMGRUSER": params.ami_user,
        "AMPMGRPASS": params.ami_secret,
        "ASTMANAGERHOST": params.ami_host,
        "ASTMANAGERPORT": str(params.ami_port),
        "AMPBIN": str(bin_dir),
        "ASTETCDIR": str(etc_dir),
        "ASTSPOOLDIR": str(bin_dir.parent / "spool"),
    }


def write_amportal(path: Path, settings: Mapping[str, str]) -> None:
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()), encoding="utf-8")
    path.chmod(0o600)


def install_module_admin(bin_dir: Path, amportal: Path, python: str = sys.executable) -> Path:
    """Puts a launcher `module_admin` into `bin_dir` (AMPBIN) that runs the generator with `python`.

    AMPORTAL_CONF of the caller's environment wins over `amportal`.
    """
    bin_dir.mkdir(parents=True, exist_ok=True)
    launcher = bin_dir / "module_admin"
    script = _HERE / "generator" / "module_admin"
    lines = [
        "#!/bin/sh",
        f': "${{AMPORTAL_CONF:={amportal}}}"',
        "export AMPORTAL_CONF",
        f'exec {shlex.quote(python)} {shlex.quote(str(script))} "$@"',
    ]
    launcher.write_text("\n".join(lines) + "\n", encoding="utf-8")
    launcher.chmod(0o755)
    return launcher


def _values(etc_dir: Path, params: PbxParams) -> dict[str, object]:
    values: dict[str, object] = asdict(params)
    values["etc_dir"] = params.etc_dir or os.fspath(etc_dir)
    values["module_dir"] = params.module_dir or find_module_dir()
    values["ami_bind"] = params.ami_bind or params.ami_host
    values["tcp_enabled"] = "yes" if params.keys else "no"
    values["sip_tls"] = _SIP_TLS.format(**asdict(params)) if params.keys else ""
    udp = params.transport
    names = {"tcp": udp.replace("udp", "tcp"), "tls": udp.replace("udp", "tls")}
    values["more_transports"] = _MORE_TRANSPORTS.format(**asdict(params), **names) if params.keys else ""
    values["ami_permit"] = "\n".join(f"permit = {network}" for network in params.ami_permit)
    return values
