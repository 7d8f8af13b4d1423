# GPL-3.0-or-later
"""Applies or removes one link by the command issabel-omnileads, which must be installed where this runs."""

DOCUMENTATION = r"""
module: pbx_link
short_description: Link a PBX (Issabel, FreePBX) with an OMniLeads contact centre
description:
  - Runs C(issabel-omnileads) for one link file. Reach the PBX by I(host) from the machine that has the command, with
    C(delegate_to=localhost), or run it on the PBX itself.
  - Check mode and diff show what C(plan) shows.
options:
  link:
    description: The link file, mode 0600.
    type: path
    required: true
  state:
    description: Whether the link is applied on the PBX, or taken away from it.
    choices: [present, absent]
    default: present
    type: str
  host:
    description: "C([USER@]PBX[:PORT]), by ssh; empty for the link file's own, or this machine."
    type: str
    default: ""
  replace:
    description: C(KIND/NAME) of what was made by hand, differs, and is to be made as the link wants it.
    type: list
    elements: str
    default: []
  force:
    description: Apply even a plan that is refused for its size.
    type: bool
    default: false
  arguments:
    description: More options of the command, such as C(--state-dir).
    type: list
    elements: str
    default: []
  executable:
    description: The command.
    type: str
    default: issabel-omnileads
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
author:
  - issabel-omnileads
"""

EXAMPLES = r"""
- name: The link is applied
  issabel_omnileads.link.pbx_link:
    link: /etc/links/bogota.conf
    host: root@192.168.1.10
  delegate_to: localhost
"""

RETURN = r"""
changes:
  description: The changes, as C(plan --json) has them; secrets are masked.
  returned: always
  type: list
  elements: dict
findings:
  description: What the checks saw.
  returned: always
  type: list
  elements: dict
"""

import json  # noqa: E402

from ansible.module_utils.basic import AnsibleModule  # noqa: E402

DONE, ERROR, FINDINGS = 0, 1, 2


def main():
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            "link": {"type": "path", "required": True},
            "state": {"choices": ["present", "absent"], "default": "present"},
            "host": {"type": "str", "default": ""},
            "replace": {"type": "list", "elements": "str", "default": []},
            "force": {"type": "bool", "default": False},
            "arguments": {"type": "list", "elements": "str", "default": []},
            "executable": {"type": "str", "default": "issabel-omnileads"},
        },
        supports_check_mode=True,
    )
    present = module.params["state"] == "present"
    changes, findings = planned(module) if present else owned(module)
    if changes and not module.check_mode:
        said = asked(module, "apply" if present else "remove", "--yes", *(consent(module) if present else ()))
        changes, findings = said["changes"] or changes, said["findings"]
    module.exit_json(changed=bool(changes), changes=changes, findings=findings, diff=diff(changes))


def planned(module):
    """What an apply would change now."""
    said = asked(module, "plan", *consent(module))
    return said["changes"], said["findings"]


def owned(module):
    """What a remove would take away: all that the link made."""
    said = asked(module, "status")
    gone = [dict(zip(("kind", "key"), name.split("/", 1)), action="delete") for name in said["owned"]]
    return gone, said["findings"]


def consent(module):
    """What is allowed beyond the ordinary."""
    named = [part for name in module.params["replace"] for part in ("--replace", name)]
    return named + (["--force"] if module.params["force"] else [])


def asked(module, command, *options):
    """The command's one document; fails the task with what the command said where it found an error."""
    params = module.params
    host = ["--host", params["host"]] if params["host"] else []
    line = [params["executable"], command, "--json", "--link", params["link"]] + host + params["arguments"]
    code, out, err = module.run_command(line + list(options))
    try:
        document = json.loads(out)
    except ValueError:
        module.fail_json(msg=f"{command}: {(err or out).strip()}", rc=code)
    if code not in (DONE, FINDINGS):
        errors = [each for each in document["findings"] if each["severity"] == "error"]
        told = [f"{each['message']} ({each['hint']})" if each["hint"] else each["message"] for each in errors]
        module.fail_json(msg="; ".join(told), rc=code, findings=document["findings"])
    return document


def diff(changes):
    """Before and after, as Ansible shows them: the cells of each change."""
    sides = {"before": [], "after": []}
    for change in changes:
        for side in sides:
            image = change.get(side)
            if image is not None:
                head = f"{change['kind']} {change['key']}"
                sides[side] += [head, json.dumps(image, indent=1, sort_keys=True)]
    if not sides["before"] and not sides["after"]:
        sides["before"] = [f"{change['kind']} {change['key']}" for change in changes]
    return {side: "".join(f"{line}\n" for line in lines) for side, lines in sides.items()}


if __name__ == "__main__":
    main()
