"""Passwords by Argon2id; a check costs about 0.3 s on purpose and runs off the event loop."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

LEAST = 10
"""Characters of a password at least."""


@lru_cache(maxsize=1)
def _hasher() -> Any:
    from argon2 import PasswordHasher

    return PasswordHasher()


@lru_cache(maxsize=1)
def _decoy() -> str:
    """A hash to check against where there is no such user: both cases take the same time."""
    return str(_hasher().hash("no such user"))


def hash_password(password: str) -> str:
    """Raises ValueError for a password that is too short."""
    if len(password) < LEAST:
        raise ValueError(f"密码至少 {LEAST} 个字符")
    return str(_hasher().hash(password))


def check_password(stored: str | None, password: str) -> bool:
    """Whether the password fits; takes the same time where nothing is stored."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        _hasher().verify(stored or _decoy(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None
