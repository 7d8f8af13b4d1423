"""What names OMniLeads' address in the lists of a PBX's own machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from issabel_module.checks import firewall
from issabel_module.host.host import Finished
from issabel_module.host.local_host import LocalHost

RULES = """*filter
:INPUT ACCEPT [0:0]
-A INPUT -s 10.0.0.2/32 -p udp -j {target}
-A INPUT -s 10.0.0.25/32 -j DROP
COMMIT
"""


class Told(LocalHost):
    """A machine whose lists are as given; it has no other."""

    def __init__(self, **outputs: str) -> None:
        self._outputs = outputs

    def run(self, line: Sequence[str], environment: Mapping[str, str], seconds: float) -> Finished:
        """See `Host`."""
        name = line[0].replace("-", "_")
        if name not in self._outputs:
            raise FileNotFoundError(name)
        return Finished(0, self._outputs[name])


@pytest.mark.parametrize(
    ("outputs", "told"),
    [
        ({"iptables_save": RULES.format(target="DROP")}, True),
        ({"iptables_save": RULES.format(target="REJECT --reject-with icmp-port-unreachable")}, True),
        ({"iptables_save": RULES.format(target="ACCEPT")}, False),
        ({"nft": "table ip filter {\n ip saddr 10.0.0.2 drop\n}"}, True),
        ({"nft": "table ip filter {\n ip saddr 10.0.0.0/24 accept\n}"}, False),
        ({"fail2ban_client": "[{'asterisk': ['10.0.0.2']}, {'sshd': []}]"}, True),
        ({"fail2ban_client": "[{'asterisk': ['10.0.0.25']}]"}, False),
    ],
)
def test_a_ban_is_told_from_what_only_looks_like_one(outputs: dict[str, str], told: bool) -> None:
    (sight,) = firewall.against(Told(**outputs), "10.0.0.2")
    assert sight.ok is not told
    assert [each.code for each in sight.causes] == (["cause.banned"] if told else [])


def test_where_no_list_can_be_read_nothing_is_said() -> None:
    assert list(firewall.against(Told(), "10.0.0.2")) == []
