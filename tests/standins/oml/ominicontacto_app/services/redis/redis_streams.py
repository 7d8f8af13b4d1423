"""Redis streams, on which OML puts what other hosts are to take from it."""

from __future__ import annotations

import redis
from ominicontacto_app.services.redis.connection import create_redis_connection


class RedisStreams:
    """Writes entries with one field, `value`."""

    def __init__(self, connection: redis.Redis | None = None) -> None:
        self.connection = create_redis_connection() if connection is None else connection

    def write_stream(self, stream_name: str, content: str, max_stream_length: int = 100) -> None:
        """Append `content`; old entries beyond about `max_stream_length` are dropped."""
        self.connection.xadd(stream_name, {"value": content}, maxlen=max_stream_length, approximate=True)
