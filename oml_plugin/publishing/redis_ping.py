"""Whether OML's Redis answers: without it no saved row reaches Asterisk."""

from __future__ import annotations

from ominicontacto_app.services.redis.redis_streams import RedisStreams
from redis import RedisError

from oml_plugin.settings import Settings
from pbxlink.messages.errors import SideUnavailable
from pbxlink.messages.findings import error

_TIMEOUT_SECONDS = 5


def require(settings: Settings) -> None:
    """Pings Redis over the connection that OML itself uses, with a timeout. Raises SideUnavailable."""
    connection = RedisStreams().connection
    pool = getattr(connection, "connection_pool", None)
    if pool is not None:
        pool.connection_kwargs.update(socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS)
    try:
        connection.ping()
    except (RedisError, OSError):
        raise SideUnavailable(error("oml.redis", host=settings.redis_host, port=settings.redis_port)) from None
