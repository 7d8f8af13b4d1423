"""A host behind a router that translates its addresses (masquerade), as in an office.

The router forwards nothing to the inside but what an inside host began, the UDP ports that its administrator forwards,
and TCP to the manager interface, by which the test process reaches it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from contextlib import ExitStack

from tests.stack.network import Host, Lan, NetworkUnavailable, _ip, _namespace

INSIDE = "192.168.66"


class BehindNat(Lan):
    """One host (``inside``: `pbx` or `oml`) behind a router, the other one outside of it, on the free 10.66.N.0/24.

    ``outside_address`` is the router's: from there the packets of the host inside come. ``forwarded``: UDP ports and
    ranges (`10000:10100`) that the router forwards to it."""

    def __init__(self, inside: str, ami_port: int, forwarded: Sequence[str] = ()) -> None:
        outside = "oml" if inside == "pbx" else "pbx"
        super().__init__({outside: 2, "router": 4})
        self.inside, self._ami_port, self._forwarded = inside, ami_port, forwarded

    @property
    def outside_address(self) -> str:
        return self.hosts["router"].address

    @property
    def manager_address(self) -> str:
        """By which the manager interface of the host inside is reached, wherever the router moves."""
        return f"{self._net}.14"

    @property
    def _net(self) -> str:
        return self.test_address.rpartition(".")[0]

    def _build(self, stack: ExitStack) -> None:
        super()._build(stack)
        router = self.hosts["router"].namespace
        namespace = stack.enter_context(_namespace(f"{router}-inside"))
        host = self.hosts[self.inside] = Host(f"{INSIDE}.3", namespace)
        _ip("link", "add", "inside", "netns", router, "type", "veth", "peer", "name", "eth0", "netns", namespace)
        _ip("-n", router, "address", "add", f"{INSIDE}.1/24", "dev", "inside")
        _ip("-n", router, "link", "set", "inside", "up")
        _ip("-n", namespace, "address", "add", f"{host.address}/24", "dev", "eth0")
        _ip("-n", namespace, "link", "set", "eth0", "up")
        _ip("-n", namespace, "route", "add", "default", "via", f"{INSIDE}.1")
        self._translate(host)

    def _translate(self, host: Host) -> None:
        new_in = f"FORWARD -i eth0 -o inside -p tcp --dport {self._ami_port} -j ACCEPT"
        known = "FORWARD -i eth0 -o inside -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT"
        self.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.promote_secondaries=1",
                 "net.ipv4.conf.eth0.promote_secondaries=1")  # fmt: skip
        _ip("-n", self.hosts["router"].namespace, "address", "add", f"{self.manager_address}/24", "dev", "eth0")
        for ports in self._forwarded:
            to_inside = f"PREROUTING -i eth0 -p udp --dport {ports} -j DNAT --to {host.address}"
            self.run("iptables", "-w", "-t", "nat", "-A", *to_inside.split())
            self.run("iptables", "-w", "-A", *f"FORWARD -i eth0 -o inside -p udp --dport {ports} -j ACCEPT".split())
        for rule in (new_in, known, "FORWARD -i eth0 -o inside -j DROP"):
            self.run("iptables", "-w", "-A", *rule.split())
        self.run("iptables", "-w", "-t", "nat", "-A", "POSTROUTING", "-o", "eth0", "-j", "MASQUERADE")
        to_ami = f"PREROUTING -i eth0 -p tcp --dport {self._ami_port} -j DNAT --to {host.address}:{self._ami_port}"
        self.run("iptables", "-w", "-t", "nat", "-A", *to_ami.split())

    def run(self, *command: str) -> None:
        """Runs a command on the router. Raises NetworkUnavailable with what it said."""
        done = subprocess.run(self.hosts["router"].command(command), capture_output=True, text=True, timeout=20)
        if done.returncode:
            raise NetworkUnavailable(f"{' '.join(command)}: {done.stderr.strip()}")

    def move(self, octet: int) -> None:
        """Gives the router another address outside, as a provider does: what it knew of the old one is gone.

        The kernel translates to the first address of the interface; the one for the manager interface stays second."""
        old = self.hosts["router"]
        new = Host(f"{self._net}.{octet}", old.namespace)
        for action, address in (("delete", old.address), ("add", new.address), ("delete", self.manager_address),
                                ("add", self.manager_address)):  # fmt: skip
            _ip("-n", old.namespace, "address", action, f"{address}/24", "dev", "eth0")
        self.hosts["router"] = new
        for name in set(self.hosts) - {"router", self.inside}:  # or it goes on to the router by what it remembers
            _ip("-n", self.hosts[name].namespace, "neigh", "flush", "all")
