"""Does each part answer?  Used by /readyz and `nianbao doctor`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from workers.context import Context


def database(context: Context) -> None:
    with context.store.read() as c:
        c.execute(text("SELECT 1")).scalar_one()


def broker_client(url: str) -> Any:
    """A client of the broker for looking, not for messages."""
    import redis

    if url.startswith("redis+socket://"):
        path = url.removeprefix("redis+socket://").partition("?")[0]
        return redis.Redis(unix_socket_path=path, socket_timeout=2)
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def broker(context: Context) -> None:
    client = broker_client(context.settings.broker_url)
    try:
        client.ping()
    finally:
        client.close()


PARTS: dict[str, Callable[[Context], None]] = {
    "database": database,
    "blobs": lambda context: context.blobs.check(),
    "broker": broker,
}


def checks(context: Context) -> dict[str, str]:
    """ "ok" or what went wrong, for each part."""
    found: dict[str, str] = {}
    for name, part in PARTS.items():
        try:
            part(context)
            found[name] = "ok"
        except Exception as error:
            # Whatever a client library raises is the finding itself.
            found[name] = f"{type(error).__name__}: {error}"[:200]
    return found
