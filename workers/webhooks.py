"""Webhooks: each event a signed POST, tried again with doubling pauses, never to addresses inside the house.

Signature: X-Nianbao-Signature: t=SECONDS,v1=HMAC-SHA256(secret, "SECONDS.body") in hex.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import socket
import time
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update

from workers.context import Context
from workers.logs import logger
from workers.store.tables import deliveries, webhooks

log = logger(__name__)
FIRST_PAUSE = 10.0
AT_ONCE = 20


class Forbidden(ValueError):
    """The address is not one that a webhook may go to."""


def sign(secret: str, at: int, body: str) -> str:
    told = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={told}"


def target(url: str, private: bool) -> tuple[str, str]:
    """The address to connect to and the host's name.  Raises Forbidden.

    The name is resolved once and the connection goes to that very address, so that a name which answers
    differently the second time gains nothing.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise Forbidden("网址须以 http:// 或 https:// 开头，且不含用户名")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise Forbidden(f"无法解析 {parts.hostname}") from error
    addresses = [str(item[4][0]) for item in found]
    if not private and any(not ipaddress.ip_address(a.partition("%")[0]).is_global for a in addresses):
        raise Forbidden("不允许回调到内网或本机地址（NIANBAO_WEBHOOK_PRIVATE=on 可放行）")
    return addresses[0], parts.hostname


def post(url: str, secret: str, body: str, timeout: float, private: bool) -> int:
    """Send one delivery; the status of the answer.  Raises Forbidden or httpx.HTTPError."""
    import httpx

    address, host = target(url, private)
    literal = f"[{address}]" if ":" in address else address
    parts = urlsplit(url)
    place = parts._replace(netloc=f"{literal}:{parts.port}" if parts.port else literal).geturl()
    headers = {
        "Host": parts.netloc, "Content-Type": "application/json", "User-Agent": "nianbao",
        "X-Nianbao-Signature": sign(secret, int(time.time()), body),
    }  # fmt: skip
    extensions: dict[str, Any] = {"sni_hostname": host}
    with httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False) as client:
        return client.post(place, content=body.encode(), headers=headers, extensions=extensions).status_code


def deliver_due(context: Context) -> int:
    """Send what is due; returns how many were tried.  A delivery taken by a loop that dies is due again."""
    store, given = context.store, context.settings
    with store.read() as c:
        due = c.execute(
            select(deliveries.c.id, deliveries.c.body, deliveries.c.attempts, webhooks.c.url,
                   webhooks.c.secret)
            .join(webhooks, webhooks.c.id == deliveries.c.webhook_id)
            .where(deliveries.c.state == "waiting", deliveries.c.due <= store.now(c))
            .order_by(deliveries.c.due).limit(AT_ONCE)
        ).all()  # fmt: skip
    for row in due:
        answer, ok = _try(row.url, row.secret, row.body, given.webhook_timeout, given.webhook_private == "on")
        attempts = row.attempts + 1
        state = "sent" if ok else ("failed" if attempts >= given.webhook_attempts else "waiting")
        with store.write() as c:
            c.execute(
                update(deliveries).where(deliveries.c.id == row.id).values(
                    state=state, attempts=attempts, answer=answer,
                    due=store.now(c) + FIRST_PAUSE * 2 ** (attempts - 1),
                )
            )  # fmt: skip
        if not ok:
            log.warning("webhook_failed", delivery=row.id, attempts=attempts, answer=answer)
    return len(due)


def _try(url: str, secret: str, body: str, timeout: float, private: bool) -> tuple[str, bool]:
    import httpx

    try:
        status = post(url, secret, body, timeout, private)
    except (httpx.HTTPError, httpx.InvalidURL, Forbidden, OSError) as error:
        return f"{type(error).__name__}: {error}"[:300], False
    return str(status), 200 <= status < 300
