"""The connection to OML's Redis."""

from __future__ import annotations

import redis
from django.conf import settings


def create_redis_connection(db: int = 0) -> redis.Redis:
    """A client whose answers are text; in the demo without servers, one that keeps its data in a file."""
    if settings.OML_STANDIN_REDIS_FILE:
        from standin_support.file_redis import FileRedis

        return FileRedis(settings.OML_STANDIN_REDIS_FILE)
    return redis.Redis(
        host=settings.REDIS_HOSTNAME,
        port=settings.CONSTANCE_REDIS_CONNECTION["port"],
        db=db,
        decode_responses=True,
    )
