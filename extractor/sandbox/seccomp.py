"""A seccomp filter built by hand: what a parser never needs is refused by the kernel.

Refused with EPERM: sockets, new processes and programs, signals to others, tracing, mounting, changing
files, raising limits.  Threads stay possible (the recognisers' runtime makes them).  Numbers are those
of the kernel's tables for x86_64 and aarch64; elsewhere `confine` returns False.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from functools import lru_cache

from extractor.sandbox.libc import libc

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER_MODE = 38, 22, 2
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
LD, JEQ, JSET, RET = 0x20, 0x15, 0x45, 0x06  # load a word, compare, test bits, return
OP_SIZE = 8  # bytes of an instruction
NR, ARCH, ARG = 0, 4, 16  # offsets in struct seccomp_data; arguments are 8 bytes each
CLONE_THREAD = 0x00010000
WRITING = 0o1 | 0o2 | 0o100 | 0o1000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
X32_BIT = 0x40000000

ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
REFUSED = {
    "x86_64": (
        41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 288, 299, 307,  # sockets
        57, 58, 59, 322, 101, 310, 311, 109, 112, 62, 129, 200, 297, 424, 434, 438,  # processes, signals
        29, 30, 31, 64, 68, 240, 319,  # memory and queues that outlive the process or escape its limits
        76, 77, 82, 83, 84, 85, 86, 87, 88, 90, 91, 92, 93, 94, 132, 133, 235, 258, 259, 260, 261, 263, 264,
        265, 266, 268, 280, 316, 437, 452,  # files changed (437 is openat2)
        188, 189, 190, 197, 198, 199, 160, 161, 155, 165, 166, 167, 168, 169, 170, 171, 175, 176, 246, 272,
        298, 303, 304, 308, 313, 320, 321, 323, 425, 426, 427, 428, 429, 430, 431, 432, 433, 442,
        248, 249, 250, 135, 105, 106, 113, 114, 116, 117, 119, 122, 123, 126, 425,  # system, keys, identity
    ),
    "aarch64": (
        198, 199, 200, 201, 202, 203, 206, 207, 208, 209, 210, 211, 212, 242, 243, 269,
        221, 281, 117, 270, 271, 154, 157, 129, 130, 138, 240, 424, 434, 438,
        180, 186, 190, 194, 195, 196, 279, 294,
        33, 34, 35, 36, 37, 38, 45, 46, 52, 53, 54, 55, 88, 276, 437, 452, 5, 6, 7, 14, 15, 16,
        39, 40, 41, 51, 89, 97, 104, 105, 106, 142, 161, 162, 164, 224, 225, 241, 264, 265, 268, 273, 280,
        282, 425, 426, 427, 428, 429, 430, 431, 432, 433, 442, 217, 218, 219, 92, 143, 144, 145, 146, 147,
        149, 151, 152, 159,
    ),
}  # fmt: skip
CALLS = {
    "x86_64": {"clone": 56, "clone3": 435, "open": 2, "openat": 257, "tgkill": 234, "prlimit64": 302},
    "aarch64": {"clone": 220, "clone3": 435, "open": -1, "openat": 56, "tgkill": 131, "prlimit64": 261},
}


def _op(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def _only_if(number: int, checks: list[bytes]) -> list[bytes]:
    """Instructions for one call: skipped for any other; `checks` end in a return."""
    return [_op(JEQ, number, 0, len(checks)), *checks]


def program(machine: str, pid: int) -> list[bytes]:
    """The filter for a process with this id, one instruction an element."""
    refuse = ERRNO | errno.EPERM
    calls = CALLS[machine]
    ops = [_op(LD, ARCH), _op(JEQ, ARCHES[machine], 1, 0), _op(RET, KILL), _op(LD, NR)]
    if machine == "x86_64":  # the x32 numbering would slip past the list
        ops += [_op(JSET, X32_BIT, 0, 1), _op(RET, refuse)]
    for number in sorted(set(REFUSED[machine])):
        ops += _only_if(number, [_op(RET, refuse)])
    # glibc falls back from clone3 to clone, whose flags can be looked at: threads only.
    ops += _only_if(calls["clone3"], [_op(RET, ERRNO | errno.ENOSYS)])
    ops += _only_if(
        calls["clone"],
        [_op(LD, ARG), _op(JSET, CLONE_THREAD, 1, 0), _op(RET, refuse), _op(RET, ALLOW)],
    )
    # abort() signals its own process; any other process is out of reach.
    ops += _only_if(calls["tgkill"], [_op(LD, ARG), _op(JEQ, pid, 1, 0), _op(RET, refuse), _op(RET, ALLOW)])
    for name, offset in (("open", ARG + 8), ("openat", ARG + 16)):
        if calls[name] >= 0:
            ops += _only_if(
                calls[name],
                [_op(LD, offset), _op(JSET, WRITING, 0, 1), _op(RET, ERRNO | errno.EACCES), _op(RET, ALLOW)],
            )
    # Limits may be read, not set: the pointer to new ones has to be null.
    ops += _only_if(
        calls["prlimit64"],
        [
            _op(LD, ARG + 16), _op(JEQ, 0, 1, 0), _op(RET, refuse),
            _op(LD, ARG + 20), _op(JEQ, 0, 1, 0), _op(RET, refuse), _op(RET, ALLOW),
        ],
    )  # fmt: skip
    return [*ops, _op(RET, ALLOW)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


NO_PID = 0x7FFFFFF1
"""Stands for the process's id in a filter made before there is a process; larger than any id."""


@lru_cache(maxsize=1)
def prepared() -> tuple[bytes, bytes] | None:
    """The filter before and after the one instruction that names the process; None where there is none.

    Made once by a parent, so that its children only fill in their id.
    """
    machine = platform.machine()
    if machine not in ARCHES:
        return None
    before, mark, after = b"".join(program(machine, NO_PID)).partition(_op(JEQ, NO_PID, 1, 0))
    return (before, after) if mark else None


def confine() -> bool:
    """Put the filter on this process, for good; False where kernel or machine does not offer it."""
    parts = prepared()
    if parts is None:
        return False
    code = parts[0] + _op(JEQ, os.getpid(), 1, 0) + parts[1]
    if libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    told = _Program(len(code) // OP_SIZE, code)
    return bool(libc().prctl(PR_SET_SECCOMP, FILTER_MODE, ctypes.byref(told), 0, 0) == 0)
