"""Outbound routes (outrt-<id>), their order (outbound-allroutes) and the dialling of trunks."""

from __future__ import annotations

from .context import Context, dial_pattern, goto, pattern_length
from .tables import Row, Tables, is_freepbx

RING_SECONDS = 300


def route_contexts(tables: Tables) -> list[Context]:
    """outbound-allroutes first; routes that outbound_route_sequence does not name are not reachable."""
    routes = {row["route_id"]: row for row in tables["outbound_routes"]}
    ordered = sorted(tables["outbound_route_sequence"], key=lambda row: row["seq"])
    every = Context("outbound-allroutes")
    contexts = [every]
    for row in ordered:
        route = routes.get(row["route_id"])
        if route is not None:
            every.include(f"outrt-{route['route_id']}")
            contexts.append(_route(route, tables))
    return contexts


def trunk_contexts(tables: Tables) -> list[Context]:
    """dial-trunk-<id> returns when the next trunk is to be tried; ext-trunk makes trunks destinations."""
    entry = Context("ext-trunk")
    contexts = [entry]
    for trunk in sorted(tables["trunks"], key=lambda row: row["trunkid"]):
        rules = _dial_rules(trunk, tables)
        contexts += [_trunk(trunk, bool(rules.lines), tables), *([rules] if rules.lines else [])]
        number = "${FROM_DID}"
        entry.exten(str(trunk["trunkid"]), f"Gosub(dial-trunk-{trunk['trunkid']},s,1({number}))",
                    "Goto(sub-end-call,s,1)")  # fmt: skip
    return contexts


def _route(route: Row, tables: Tables) -> Context:
    context = Context(f"outrt-{route['route_id']}")
    known = {row["trunkid"] for row in tables["trunks"]}
    used = [row for row in tables["outbound_route_trunks"] if row["route_id"] == route["route_id"]]
    trunk_ids = [row["trunk_id"] for row in sorted(used, key=lambda row: row["seq"]) if row["trunk_id"] in known]
    for pattern in tables["outbound_route_patterns"]:
        if pattern["route_id"] == route["route_id"]:
            context.exten(_exten(pattern), *_route_steps(route, pattern, trunk_ids))
    return context


def _exten(row: Row) -> str:
    exten = dial_pattern(row["match_pattern_prefix"], row["match_pattern_pass"])
    return f"{exten}/{dial_pattern('', row['match_cid'])}" if row["match_cid"] else exten


def _route_steps(route: Row, pattern: Row, trunk_ids: list[int]) -> list[str]:
    number = f"{pattern['prepend_digits']}${{EXTEN:{pattern_length(pattern['match_pattern_prefix'])}}}"
    return [
        "Gosub(sub-user-callerid,s,1)",
        f"Set(ROUTE_INTRACOMPANY={route['intracompany_route'] or ''})",
        f"Set(ROUTE_CID={route['outcid'] or ''})",
        f"Set(ROUTE_CID_MODE={route['outcid_mode'] or ''})",
        "Set(DIALSTATUS=CONGESTION)",
        *(f"Gosub(dial-trunk-{trunk_id},s,1({number}))" for trunk_id in trunk_ids),
        goto(route["dest"]) if route["dest"] else "Goto(sub-end-call,s,1)",
    ]


def _trunk(trunk: Row, has_rules: bool, tables: Tables) -> Context:
    trunk_id = trunk["trunkid"]
    context = Context(f"dial-trunk-{trunk_id}")
    if trunk["disabled"] == "on":
        context.exten("s", "Return()")
        return context
    steps = ["Set(OUTNUM=${ARG1})"]
    if has_rules:
        exists = f"${{DIALPLAN_EXISTS(trunk-rules-{trunk_id},${{OUTNUM}},1)}}"
        steps.append(f"GosubIf($[{exists} = 1]?trunk-rules-{trunk_id},${{OUTNUM}},1)")
    steps += [
        f"Set(OUTNUM={trunk['dialoutprefix'] or ''}${{OUTNUM}})",
        f"Set(TRUNK_CID={trunk['outcid'] or ''})",
    ]
    steps += ["Gosub(sub-outbound-callerid,s,1)", *_limit(trunk), *_dial(trunk, tables)]
    context.exten("s", *steps)
    return context


def _limit(trunk: Row) -> list[str]:
    if not trunk["maxchans"]:
        return []
    group = f"OUT_{trunk['trunkid']}"
    full = f"$[${{GROUP_COUNT({group})}} > {trunk['maxchans']}]"
    return [f"Set(GROUP()={group})", f"ExecIf({full}?Return())"]


def _dial(trunk: Row, tables: Tables) -> list[str]:
    """AstDB TRUNK/<id>/dialopts overrides the options; only a trunk that could not carry the call has a successor."""
    own = f"${{DB(TRUNK/{trunk['trunkid']}/dialopts)}}"
    steps = [
        f"Set(LOCAL(options)={own})",
        "ExecIf($[${LEN(${options})} = 0]?Set(LOCAL(options)=${TRUNK_OPTIONS}))",
    ]
    steps.append(f"Dial({_channel(trunk, tables)},{RING_SECONDS},${{options}})")
    if trunk["continue"] != "on":
        final = " | ".join(f'"${{DIALSTATUS}}" = "{status}"' for status in ("BUSY", "NOANSWER", "CANCEL"))
        steps.append(f"GotoIf($[{final}]?sub-end-call,s,1)")
    return [*steps, "Return()"]


def trunk_globals(tables: Tables) -> dict[str, str]:
    """FreePBX dials a trunk by variables; a reload forgets none that it defined once (recorded)."""
    found = {}
    for trunk in tables["trunks"] if is_freepbx(tables) else []:
        name, number = trunk["channelid"], trunk["trunkid"]
        if trunk["tech"] == "pjsip":
            found.update({f"OUT_{number}": "PJSIP", f"OUT_{number}_SUFFIX": f"@{name}"})
        elif trunk["tech"] != "custom":
            found[f"OUT_{number}"] = f"{trunk['tech'].upper()}/{name}"
    return found


def _channel(trunk: Row, tables: Tables) -> str:
    name, number = str(trunk["channelid"]), trunk["trunkid"]
    if is_freepbx(tables) and trunk["tech"] != "custom":
        return f"${{OUT_{number}}}/${{OUTNUM}}${{OUT_{number}_SUFFIX}}"
    if trunk["tech"] == "pjsip":
        return f"PJSIP/${{OUTNUM}}@{name}"
    if trunk["tech"] == "custom":
        return name.replace("$OUTNUM$", "${OUTNUM}")
    return f"{trunk['tech'].upper()}/{name}/${{OUTNUM}}"


def _dial_rules(trunk: Row, tables: Tables) -> Context:
    context = Context(f"trunk-rules-{trunk['trunkid']}")
    rules = [row for row in tables["trunk_dialpatterns"] if row["trunkid"] == trunk["trunkid"]]
    for row in sorted(rules, key=lambda row: row["seq"]):
        number = f"{row['prepend_digits']}${{EXTEN:{pattern_length(row['match_pattern_prefix'])}}}"
        pattern = dial_pattern(row["match_pattern_prefix"], row["match_pattern_pass"])
        context.exten(pattern, f"Set(OUTNUM={number})", "Return()")
    return context
