"""Numbers that two objects claim, as the PBX's own registry sees them: a notice, or a refused reload.

The registry compares strings and does not know injections, devices or hand-made dialplan.
"""

from __future__ import annotations

from collections import Counter

from .features import active_code
from .tables import Tables

# miscapps is in it through its feature codes.
LITERAL = (
    ("users", "extension"),
    ("ringgroups", "grpnum"),
    ("queues_config", "extension"),
    ("meetme", "exten"),
    ("paging_config", "page_group"),
    ("vmblast", "grpnum"),
    ("custom_extensions", "custom_exten"),
)


def conflicting_numbers(tables: Tables) -> list[str]:
    numbers = [str(row[column]) for table, column in LITERAL for row in tables[table]]
    installed = {row["modulename"] for row in tables["modules"] if row["enabled"]}
    active = [row for row in tables["featurecodes"] if row["enabled"] and row["modulename"] in installed]
    numbers += sorted({active_code(row) for row in active})
    for lot in tables["parkplus"]:
        numbers += [lot["parkext"], *(str(int(lot["parkpos"]) + slot) for slot in range(lot["numslots"]))]
    return sorted(number for number, times in Counter(numbers).items() if number and times > 1)
