"""pjsip_additional.conf, from the rows of table sip whose id is pjsip-<trunkid> (Issabel has no table of its own).

Recorded: generated_pjsip_additional.conf for rows_b0 and for the rows that rows_e10 removed. `port`, `disabled`,
`inband_progress=no`, `stir_shaken` and `outbound_proxy` leave no trace. An auth section is written even for
authentication `none`. With `both` and `inbound` the trunk's own name follows `username`, and the last one counts.
Read in the generator of core 2.12: of a trunk that receives registrations there is no contact, and without a row
`server` no identify section; who registers does so under the trunk's name unless authentication is `outbound`.
"""

from __future__ import annotations

from .tables import Tables, collated

Options = dict[str, str]

ENDPOINT_KEYS = {
    "context", "direct_media", "dtmf_mode", "fax_detect", "from_domain", "from_user", "media_encryption",
    "rewrite_contact", "rtp_symmetric", "t38_udptl", "t38_udptl_ec", "t38_udptl_nat", "transport",
    "trust_id_inbound",
}  # fmt: skip
REGISTRATION_KEYS = {"auth_rejection_permanent", "expiration", "max_retries", "retry_interval", "transport"}
ONLY_WHEN_SET = {"from_domain", "from_user"}


def pjsip_conf(tables: Tables) -> str:
    trunks = list(_trunks(tables).values())
    kinds = (_aor, _auth, _identify, _registration, _endpoint)
    sections = [kind(options) for kind in kinds for options in trunks]
    return "; Trunks\n\n" + "\n".join(section for section in sections if section)


def _trunks(tables: Tables) -> dict[str, Options]:
    """id -> keyword: data, both in the order of the table's primary key."""
    trunks: dict[str, Options] = {}
    for row in sorted(tables["sip"], key=lambda row: (collated(row["id"]), collated(row["keyword"]))):
        if row["id"].startswith("pjsip-"):
            trunks.setdefault(row["id"], {})[row["keyword"]] = row["data"]
    return {identity: options for identity, options in trunks.items() if options.get("account")}


def _section(options: Options, kind: str, lines: list[str]) -> str:
    return "\n".join([f"[{options['account']}]", f"type={kind}", *lines, ""])


def _aor(options: Options) -> str:
    qualify = f"qualify_frequency={options.get('qualify_frequency', '60')}"
    support = f"support_path={options.get('support_path', 'no')}"
    if options.get("registration") == "receive":
        return _section(options, "aor", ["max_contacts=1", qualify, support])
    is_sent = options.get("registration") == "send" and options.get("authentication") != "none"
    user = _user(options) if is_sent else options.get("username", "") if "registration" not in options else ""
    contact = f"contact=sip:{user + '@' if user else ''}{options.get('server', '')}"
    lines = [qualify, contact] if user else [contact, qualify]
    return _section(options, "aor", [*lines, support])


def _user(options: Options) -> str:
    by_name = options.get("authentication") != "outbound"
    return options["account"] if by_name else options.get("username") or options["account"]


def _auth(options: Options) -> str:
    users = [options.get("username") or options["account"]]
    if options.get("authentication") in ("both", "inbound"):
        users.append(options["account"])
    lines = [
        "auth_type=userpass",
        f"password={options.get('secret', '')}",
        *(f"username={user}" for user in users),
    ]
    return _section(options, "auth", lines)


def _identify(options: Options) -> str:
    if "server" not in options:
        return ""
    match = options.get("match") or options["server"]
    return _section(options, "identify", [f"endpoint={options['account']}", f"match={match}"])


def _registration(options: Options) -> str:
    if options.get("registration") != "send":
        return ""
    name, server = options["account"], options.get("server", "")
    lines = [f"endpoint={name}", "line=yes", f"outbound_auth={name}", f"server_uri=sip:{server}"]
    lines.append(f"client_uri=sip:{_user(options)}@{server}")
    lines += [f"{key}={value}" for key, value in options.items() if key in REGISTRATION_KEYS]
    return _section(options, "registration", lines)


def _endpoint(options: Options) -> str:
    name, authentication = options["account"], options.get("authentication")
    lines = [f"aors={name}", "disallow=all"]
    if authentication in ("both", "outbound"):
        lines.append(f"outbound_auth={name}")
    if authentication in ("both", "inbound"):
        lines.append(f"auth={name}")
    lines.append(f"allow={options.get('codecs', '')}")
    lines += [f"{key}={value}" for key, value in options.items() if key in ENDPOINT_KEYS and _is_written(key, value)]
    return _section(options, "endpoint", lines)


def _is_written(key: str, value: str) -> bool:
    return bool(value) or key not in ONLY_WHEN_SET
