"""How many requests a minute are answered. Counted in the database, so that all web processes count together."""

from __future__ import annotations

import time

from django.db.models import F

from oml_plugin.models import RequestCount

REQUESTS_A_MINUTE = 30
"""With one token. The PBX's timer makes one every quarter of an hour."""
POLLS_A_MINUTE = 240
"""Of one PBX that is being paired: it looks twice a second how far a job is."""
FAILURES_A_MINUTE = 60
"""Of all requests without a valid token together: behind OML's proxy they all have the same address."""
_MINUTE = 60


def seconds_to_wait(who: str, most: int) -> int:
    """Counts one request of `who`. 0 where it may be answered, else the seconds until the next minute.

    Each step is one atomic statement of the database. Refused requests are not counted.
    """
    minute, second = divmod(int(time.time()), _MINUTE)
    mine = RequestCount.objects.filter(who=who)
    if _counted(who, minute, most) or mine.exclude(minute=minute).update(minute=minute, count=1):
        return 0
    _, is_first = RequestCount.objects.get_or_create(who=who, defaults={"minute": minute, "count": 1})
    # Where the row was not created, another process may have started the minute between the statements above.
    return 0 if is_first or _counted(who, minute, most) else _MINUTE - second


def _counted(who: str, minute: int, most: int) -> bool:
    within = RequestCount.objects.filter(who=who, minute=minute, count__lt=most)
    return bool(within.update(count=F("count") + 1))
