"""The addresses of a host, for comparing where two trunks lead."""

from __future__ import annotations

import socket
from functools import lru_cache

_RESOLVE_SECONDS = 2.0


@lru_cache(maxsize=256)
def addresses(host: str) -> frozenset[str]:
    """The host's name as it is compared, and the addresses that it has; only the name where nobody says in time."""
    name = host.strip().rstrip(".").lower()
    if not name or name == "dynamic":
        return frozenset()
    if name.replace(".", "").isdecimal():
        return frozenset({name})
    from concurrent.futures import ThreadPoolExecutor
    from concurrent.futures import TimeoutError as TooLate

    pool = ThreadPoolExecutor(1)
    try:
        found = pool.submit(socket.getaddrinfo, name, None, socket.AF_INET).result(_RESOLVE_SECONDS)
        return frozenset({name, *(str(each[4][0]) for each in found)})
    except (OSError, UnicodeError, TooLate):
        return frozenset({name})
    finally:
        pool.shutdown(wait=False)
