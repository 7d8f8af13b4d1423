"""What hypothesis draws: whole links and their parts, from everything that pbxlink allows, not only what is usual."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from pbxlink.link.model import (
    Agent,
    AgentRule,
    Audio,
    CallerId,
    Credentials,
    CustomExtension,
    DialPattern,
    DidRule,
    DirectoryAccess,
    Link,
    Media,
    OmlEnd,
    OmlRoute,
    PbxEnd,
    PbxRoute,
    Signalling,
    Technology,
    Topology,
)
from pbxlink.link.numbering import parse_pattern

LETTERS = "abcdefghijklmnopqrstuvwxyz"
ALPHANUMERIC = LETTERS + LETTERS.upper() + "0123456789"
CODECS = ("alaw", "ulaw", "g722", "g729", "gsm", "opus")

secrets = st.text(ALPHANUMERIC + "._-", min_size=8, max_size=64)
ports = st.integers(1, 65535)
names = st.from_regex(r"\A[A-Za-z0-9]([A-Za-z0-9 :-]{0,48}[A-Za-z0-9])?\Z")
numbers = st.text("0123456789", min_size=1, max_size=20)
dialables = st.builds(lambda plus, rest: plus + rest, st.sampled_from(["", "+"]), st.text("0123456789*", min_size=1))
sends = dialables.filter(lambda value: len(value) <= 30)
contexts = st.text(ALPHANUMERIC + "_-", min_size=1, max_size=80)
addresses = st.builds("{}.{}.{}.{}".format, st.integers(1, 223), *[st.integers(0, 255)] * 3)
hosts = st.one_of(addresses, st.from_regex(r"\A[a-z][a-z0-9]{0,20}(\.[a-z]{2,10}){0,3}\Z"))

classes = st.sampled_from(["[2-9]", "[13]", "[0-3579]", "[5]"])
symbols = st.one_of(st.sampled_from("0123456789*#XZN"), classes)
match_bodies = st.lists(symbols, min_size=1, max_size=6).map("".join)
matches = st.builds(
    lambda plus, body, dot: plus + body + dot, st.sampled_from(["", "+"]), match_bodies, st.sampled_from(["", "."])
)
prepends = st.text("0123456789*#", max_size=4)
prefixes = st.text("0123456789*#", max_size=4)
patterns = st.builds(DialPattern, matches, prefixes, prepends)
pattern_lists = st.lists(patterns, min_size=1, max_size=4, unique=True).map(tuple)


@st.composite
def topologies(draw: Any) -> tuple[Topology, str, str, int, int]:
    """A topology with addresses and ports that do not contradict it."""
    topology = draw(st.sampled_from(Topology))
    pbx = draw(hosts)
    oml = pbx if topology is Topology.DOCKER else draw(hosts.filter(lambda host: host != pbx))
    pbx_port = draw(ports)
    oml_port = draw(ports.filter(lambda port: port != pbx_port))
    return topology, pbx, oml, pbx_port, oml_port


@st.composite
def audio(draw: Any) -> Audio:
    """Codecs with at least one in common."""
    common = draw(st.sampled_from(CODECS))
    sides = st.lists(st.sampled_from(CODECS), max_size=3, unique=True)
    return Audio(*(tuple(dict.fromkeys([*draw(sides), common])) for _ in range(2)))


agents = st.builds(
    Agent,
    st.integers(0, 999_999_999),
    st.text("0123456789", min_size=4, max_size=10),
    st.one_of(st.just(""), names),
)
extensions = st.lists(
    st.builds(CustomExtension, numbers, sends, names), max_size=4, unique_by=lambda extension: extension.number
).map(tuple)


def _named(route: Any, name: str, **rest: Any) -> Any:
    return st.lists(
        st.builds(route, st.from_regex(name), pattern_lists, **rest), max_size=3, unique_by=lambda each: each.name
    ).map(tuple)


pbx_routes = _named(PbxRoute, r"\A[A-Za-z0-9][A-Za-z0-9_-]{1,39}\Z", intracompany=st.booleans())
omnileads_routes = _named(
    OmlRoute,
    r"\A[A-Za-z0-9][A-Za-z0-9_]{0,49}\Z",
    ring_time=st.integers(1, 3600),
    dial_options=st.text("HhKkRrTtWw", min_size=1, max_size=20),
)


urls = st.builds(
    lambda host, port, path: f"https://{host}{port}{path}",
    hosts,
    st.one_of(st.just(""), ports.map(":{}".format)),
    st.from_regex(r"\A(/[A-Za-z0-9._~-]{1,9}){0,3}/?\Z"),
)
fingerprints = st.one_of(st.just(""), st.text("0123456789abcdef", min_size=64, max_size=64).map("sha256:{}".format))
accesses = st.one_of(st.just(DirectoryAccess()), st.builds(DirectoryAccess, urls, secrets, fingerprints))


@st.composite
def links(draw: Any, technologies: tuple[Technology, ...] = tuple(Technology)) -> Link:
    """Any link that a link file may describe."""
    topology, pbx, oml, pbx_port, oml_port = draw(topologies())
    technology = draw(st.sampled_from(technologies))
    two_secrets = technology is not Technology.PJSIP and draw(st.booleans())
    name = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,39}\Z")
    return Link(
        name=draw(st.from_regex(r"\A[a-z0-9][a-z0-9_-]{0,31}\Z")),
        topology=topology,
        pbx=PbxEnd(pbx, pbx_port, technology, draw(st.from_regex(r"\A[A-Za-z][A-Za-z0-9_-]{0,39}\Z")), draw(contexts)),
        omnileads=OmlEnd(
            oml, oml_port, draw(st.text(ALPHANUMERIC + "_-", min_size=1, max_size=40)), draw(name), draw(contexts)
        ),
        credentials=Credentials(draw(secrets), draw(secrets) if two_secrets else ""),
        audio=draw(audio()),
        caller_id=draw(st.sampled_from(CallerId)),
        extensions=draw(extensions),
        dids=DidRule(
            draw(st.booleans()),
            draw(st.sampled_from(["{did}", "9{did}"])),
            "DID {did} {name}",
            draw(st.sampled_from([(), ("098098",), ("+5411", "555")])),
            draw(st.sampled_from([(), ("911",)])),
        ),
        agents=AgentRule(
            draw(st.lists(agents, max_size=3).map(tuple)),
            draw(st.booleans()),
            draw(st.sampled_from(["{sip}{id}", "7{id}"])),
            draw(st.sampled_from(["OML {name}", "{sip} : {name}"])),
            draw(st.sampled_from([(), (1, 20)])),
            draw(st.sampled_from([(), (7,)])),
        ),
        pbx_routes=draw(pbx_routes),
        omnileads_routes=draw(omnileads_routes),
        directory=draw(accesses),
        signalling=draw(st.sampled_from(Signalling)),
        media=draw(st.sampled_from(Media)),
    )


def example(**changes: Any) -> Link:
    """The guide's own example as a link, with `changes` of its fields."""
    from dataclasses import replace

    link = Link(
        name="omnileads",
        topology=Topology.LAN,
        pbx=PbxEnd("192.168.95.240", 5060, Technology.SIP, "omnileads", "from-internal"),
        omnileads=OmlEnd("192.168.95.239", 5160, "trunk-transport", "issabel", "from-pbx"),
        credentials=Credentials("Zx81-issabelOML.1"),
        audio=Audio(("alaw",), ("alaw", "ulaw")),
        extensions=(CustomExtension("098098", "098098", "Campaign"),),
        pbx_routes=(PbxRoute("oml-agents", (parse_pattern("1XXX."),)),),
        omnileads_routes=(OmlRoute("all", (parse_pattern("XXXXXXX"), parse_pattern("9|1XXX"))),),
    )
    return replace(link, **changes)
