"""FreePBX's pjsip.*.conf, from table pjsip: trunks only, one id a trunk.

Recorded: generated_trunk_sections.conf. Settings without a trunk are written all the same; either of two flags leaves a
trunk out. With `both` and `inbound` the user is the trunk's name. Read in core 13 to 17: a trunk that receives
registrations has neither a contact nor an identify section.
"""

from __future__ import annotations

from .tables import Tables, core_release

Options = dict[str, str]
Lines = list[str]


def pjsip_files(tables: Tables) -> dict[str, str]:
    """Name of the file -> content."""
    trunks = _trunks(tables)
    kinds = {
        "aor": _aor,
        "auth": _auth,
        "endpoint": lambda options: _endpoint(options, tables),
        "identify": _identify,
        "registration": _registration,
    }
    return {
        f"pjsip.{kind}.conf": "\n".join(
            "\n".join([f"[{options['trunk_name']}]", f"type={kind}", *lines, ""])
            for options in trunks
            if (lines := make(options))
        )
        for kind, make in kinds.items()
    }


def _trunks(tables: Tables) -> list[Options]:
    found: dict[str, Options] = {}
    for row in tables["pjsip"]:
        found.setdefault(row["id"], {})[row["keyword"]] = row["data"]
    off = {str(row["trunkid"]) for row in tables["trunks"] if row["disabled"] == "on"}
    is_13 = core_release(tables) == 13
    return [
        options
        for number, options in found.items()
        if options.get("trunk_name") and options.get("disabletrunk") != "on" and (is_13 or number not in off)
    ]


def _uri(options: Options) -> str:
    user, port = options.get("username", ""), options.get("sip_server_port", "")
    where = f"{options.get('sip_server', '')}:{port}" if port else options.get("sip_server", "")
    return f"sip:{user}@{where}" if user else f"sip:{where}"


def _aor(options: Options) -> Lines:
    qualify = [f"qualify_frequency={options['qualify_frequency']}"] if options.get("qualify_frequency") else []
    if options.get("registration") == "receive":
        return [*qualify, "max_contacts=1"]
    return [*qualify, f"contact={options.get('aor_contact') or _uri(options)}"]


def _auth(options: Options) -> Lines:
    if options.get("authentication") in ("none", "off"):
        return []
    by_name = options.get("authentication") in ("inbound", "both") or not options.get("username")
    user = options["trunk_name"] if by_name else options.get("auth_username") or options["username"]
    return ["auth_type=userpass", f"password={options.get('secret', '')}", f"username={user}"]


def _identify(options: Options) -> Lines:
    if options.get("registration") == "receive":
        return []
    return [f"endpoint={options['trunk_name']}", f"match={options.get('match') or options['sip_server']}"]


def _registration(options: Options) -> Lines:
    if options.get("registration") != "send":
        return []
    name, server = options["trunk_name"], _uri({**options, "username": ""})
    by_name = options.get("authentication") in ("inbound", "both") or not options.get("username")
    client = _uri({**options, "username": name if by_name else options["username"]})
    permanent = "yes" if options.get("auth_rejection_permanent") == "on" else "no"
    numbers = ("retry_interval", "fatal_retry_interval", "forbidden_retry_interval", "max_retries", "expiration")
    return [
        f"transport={options['transport']}", f"outbound_auth={name}",
        *(f"{key}={options.get(key) or 0}" for key in numbers),
        f"auth_rejection_permanent={permanent}",
        *(["line=yes", f"endpoint={name}"] if options.get("pjsip_line") == "true" else ["line=no"]),
        f"server_uri={server}", f"client_uri={client}",
    ]  # fmt: skip


def _endpoint(options: Options, tables: Tables) -> Lines:
    name, kind = options["trunk_name"], options.get("authentication", "outbound")
    lines = [
        f"transport={options['transport']}", f"context={options.get('context') or 'from-pstn'}", "disallow=all",
        f"allow={options.get('codecs') or 'ulaw'}", f"aors={options.get('aors') or name}",
        f"send_connected_line={options.get('send_connected_line') or 'yes'}",
        *(["rtp_keepalive=0"] if core_release(tables) >= 16 else []),
        *(["language=en"] if any(row["modulename"] == "soundlang" for row in tables["modules"]) else []),
        *([f"outbound_auth={name}"] if kind in ("outbound", "both") else []),
        *([f"auth={name}"] if kind in ("inbound", "both") else []),
    ]  # fmt: skip
    lines += [f"{key}={options[key]}" for key in ("from_domain", "from_user", "contact_user") if options.get(key)]
    lines += [f"{key}={options[key]}" for key in ("user_eq_phone", "t38_udptl", "t38_udptl_ec", "fax_detect")]
    lines += [f"trust_id_inbound={options['trust_rpid']}", f"t38_udptl_nat={options['t38_udptl_nat']}"]
    sent = {"yes": ["send_rpid=yes"], "pai": ["send_pai=yes"], "both": ["send_rpid=yes", "send_pai=yes"]}
    lines += sent.get(options["sendrpid"], [])
    lines.append(f"direct_media={options['direct_media']}")
    lines += ["rewrite_contact=yes"] if options.get("rewrite_contact") == "yes" else []
    is_encrypted = core_release(tables) >= 14 and options.get("media_encryption", "no") != "no"  # read in core 14 to 17
    lines += [f"media_encryption={options['media_encryption']}"] if is_encrypted else []
    lines += [f"rtp_symmetric={options['rtp_symmetric']}"] if options.get("rtp_symmetric") else []
    lines.append(f"dtmf_mode={options['dtmfmode']}")
    return lines + (["force_rport=no"] if options.get("force_rport") == "no" else [])
