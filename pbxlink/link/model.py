"""The link as validated data. Only `link_file` builds it; everything else reads it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pbxlink.link.choices import CallerId as CallerId
from pbxlink.link.choices import Media as Media
from pbxlink.link.choices import Registers as Registers
from pbxlink.link.choices import Signalling as Signalling
from pbxlink.link.choices import Technology as Technology
from pbxlink.link.choices import Topology as Topology


@dataclass(frozen=True)
class DialPattern:
    """One dial pattern: matches `prefix` + `match`, cuts `prefix`, puts `prepend` before."""

    match: str
    prefix: str = ""
    prepend: str = ""

    def __str__(self) -> str:
        prepend = f"{self.prepend}+" if self.prepend else ""
        prefix = f"{self.prefix}|" if self.prefix else ""
        return prepend + prefix + self.match


@dataclass(frozen=True)
class PbxEnd:
    """The PBX: `address:sip_port` is where its SIP driver listens; `trunk` the name OML's user must bear; `host`, where
    the command does not run on it, how ssh reaches it (`[USER@]PBX[:PORT]`)."""

    address: str
    sip_port: int
    technology: Technology
    trunk: str
    context: str
    host: str = ""


@dataclass(frozen=True)
class OmlEnd:
    """OML: its `transport` listens at `address:sip_port`; `trunk` is the name in its GUI."""

    address: str
    sip_port: int
    transport: str
    trunk: str
    context: str


@dataclass(frozen=True)
class Credentials:
    """`secret` authenticates OML -> PBX, and PBX -> OML too unless `return_secret` is given. Not shown by repr."""

    secret: str = field(repr=False)
    return_secret: str = field(default="", repr=False)

    @property
    def towards_oml(self) -> str:
        """The secret with which the PBX answers OML's challenge."""
        return self.return_secret or self.secret

    @property
    def all(self) -> tuple[str, ...]:
        """The secrets of the trunk. For masking use `Link.secrets`, which has the token too."""
        return tuple(secret for secret in (self.secret, self.return_secret) if secret)


@dataclass(frozen=True)
class DirectoryAccess:
    """Where the PBX asks OML for its directory, and with which token (not shown by repr). All empty: it does not ask.

    `url` is https. `certificate` is the fingerprint of the only certificate accepted there, `sha256:` and 64
    hexadecimal digits in lower case; empty where the PBX's own certificate authorities decide.
    """

    url: str = ""
    token: str = field(default="", repr=False)
    certificate: str = ""


@dataclass(frozen=True)
class Audio:
    """Codecs allowed on each side, in order of preference."""

    pbx: tuple[str, ...]
    omnileads: tuple[str, ...]


@dataclass(frozen=True)
class CustomExtension:
    """A custom extension on the PBX: dialling `number` there calls `send` (a DID or agent number) on OML."""

    number: str
    send: str
    name: str
    is_agent: bool = False
    """Whether it was derived from an agent, so that `send` is known to be an agent's number."""
    from_directory: bool = field(default=False, compare=False)
    """Derived from OML's directory: nobody wrote it, so that where it cannot be made it is left out."""
    fallback: str = ""
    """Where callers go when OML does not answer, as the link file names it; empty: as `Link.fallback_of` says."""


@dataclass(frozen=True)
class Agent:
    """An OML agent: SIP extension and `id` together are the number to send; `name` may be empty."""

    id: int
    sip_extension: str
    name: str = ""


@dataclass(frozen=True)
class AgentRule:
    """Which agents get a custom extension: those listed, with `from_directory` also all of OML's directory.

    Fields of the templates `number` and `name`: `{sip}` SIP extension, `{id}` agent id, `{name}` the agent's name.
    """

    listed: tuple[Agent, ...] = ()
    from_directory: bool = False
    number: str = "{sip}{id}"
    name: str = "OML {name}"
    include: tuple[int, ...] = ()
    """The ids of those of the directory that are wanted; empty for all."""
    exclude: tuple[int, ...] = ()
    fallback: str = ""


@dataclass(frozen=True)
class DidRule:
    """Whether the DIDs of OML's directory get a custom extension; fields of the templates: `{did}`, `{name}`."""

    from_directory: bool = False
    number: str = "{did}"
    name: str = "OML {name}"
    include: tuple[str, ...] = ()
    """Those of the directory that are wanted; empty for all."""
    exclude: tuple[str, ...] = ()
    fallback: str = ""
    """Of every extension of the link that has none of its own."""


@dataclass(frozen=True)
class PbxRoute:
    """An outbound route on the PBX to the OML trunk."""

    name: str
    patterns: tuple[DialPattern, ...]
    intracompany: bool = True
    position: str = "bottom"
    dest: str = ""
    """Where a call goes that no trunk of the route takes, as the PBX stores it; empty: an announcement of the PBX."""


@dataclass(frozen=True)
class OmlRoute:
    """An outbound route on OML through the trunk to the PBX; `ring_time` in seconds. None: OML's users decide, once it
    is there."""

    name: str
    patterns: tuple[DialPattern, ...]
    ring_time: int | None = None
    dial_options: str | None = None


@dataclass(frozen=True)
class OmlDialplan:
    """What the link adds to OML's own dialplan. `agents`: every agent is reached, and a call gets an honest answer."""

    agents: bool = False


@dataclass(frozen=True)
class Link:
    """One PBX joined to one OML."""

    name: str
    topology: Topology
    pbx: PbxEnd
    omnileads: OmlEnd
    credentials: Credentials
    audio: Audio
    caller_id: CallerId = CallerId.KEEP
    extensions: tuple[CustomExtension, ...] = ()
    dids: DidRule = DidRule()
    dials_direct: bool = False
    """Whether custom extensions dial the trunk themselves, as in the guide, instead of an outbound route of ours."""
    agents: AgentRule = AgentRule()
    pbx_routes: tuple[PbxRoute, ...] = ()
    omnileads_routes: tuple[OmlRoute, ...] = ()
    directory: DirectoryAccess = DirectoryAccess()
    dialplan: OmlDialplan = OmlDialplan()
    signalling: Signalling = Signalling.UDP
    media: Media = Media.RTP
    registers: Registers = Registers.NO

    def fallback_of(self, extension: CustomExtension) -> str:
        """Where its callers go when OML does not answer: its own, else the agents' for an agent, else the link's; empty
        where the link says nothing, and the PBX's administrator decides."""
        of_agents = self.agents.fallback if extension.is_agent else ""
        return extension.fallback or of_agents or self.dids.fallback

    @staticmethod
    def named(name: str) -> Link:
        """A link of which only the name is known: enough to say what is its, and to take that away."""
        nowhere = PbxEnd("", 0, Technology.AUTO, "", ""), OmlEnd("", 0, "", "", "")
        return Link(name, Topology.LAN, *nowhere, Credentials(""), Audio((), ()))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret that the link holds, for masking."""
        return tuple(filter(None, (*self.credentials.all, self.directory.token)))

    def settled(self, technology: Technology) -> Link:
        """The link with this technology on the PBX."""
        return replace(self, pbx=replace(self.pbx, technology=technology))

    def with_extensions(self, extensions: tuple[CustomExtension, ...]) -> Link:
        """The link with these custom extensions instead of its own."""
        return replace(self, extensions=extensions)
