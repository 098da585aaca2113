"""Landlock by system call: no file but those under the given folders can be opened, and none written.

Numbers are those of linux/landlock.h.  Needs no privilege.  A kernel without it returns False; Landlock
does not stop connect() on Unix sockets, seccomp does (extractor/sandbox/seccomp.py).
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from extractor.sandbox.libc import libc

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # one numbering on every architecture
VERSION_FLAG, RULE_PATH_BENEATH = 1, 1
READ_FILE, READ_DIR = 1 << 2, 1 << 3
PR_SET_NO_NEW_PRIVS = 38
# Rights handled per ABI version: file rights (13 in ABI 1, then REFER, TRUNCATE, IOCTL_DEV), TCP, scopes.
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
ALL_FILE_RIGHTS = 16


def _syscall(number: int, *args: object) -> int:
    return int(libc().syscall(ctypes.c_long(number), *args))


def abi() -> int:
    """The kernel's Landlock version; 0 or less where there is none."""
    return _syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(VERSION_FLAG))


def ruleset(readable: Iterable[Path]) -> int:
    """A descriptor of the rules "reading under `readable` and nothing else"; -1 where there is no Landlock.

    Made once by a parent: its children only have to enforce it.
    """
    version = abi()
    if version < 1:
        return -1
    files = (1 << FILE_RIGHTS.get(version, ALL_FILE_RIGHTS)) - 1
    network = 0b11 if version >= 4 else 0
    scoped = 0b11 if version >= 6 else 0
    attributes = struct.pack("=Q", files)
    if version >= 4:
        attributes += struct.pack("=Q", network)
    if version >= 6:
        attributes += struct.pack("=Q", scoped)
    made = _syscall(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint(0))
    if made >= 0:
        for path in readable:
            _allow(made, path)
    return made


def enforce(rules: int) -> bool:
    """Put a `ruleset` on this process and its children, for good; False where that failed."""
    if rules < 0 or libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return _syscall(RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint(0)) == 0


def _allow(rules: int, path: Path) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # a folder that this machine does not have needs no rule
        return
    try:
        rights = READ_FILE | READ_DIR if path.is_dir() else READ_FILE
        rule = struct.pack("=Qi", rights, handle)
        _syscall(ADD_RULE, ctypes.c_int(rules), ctypes.c_int(RULE_PATH_BENEATH), rule, ctypes.c_uint(0))
    finally:
        os.close(handle)
