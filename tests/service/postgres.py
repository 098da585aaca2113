"""A PostgreSQL of our own for the tests: Debian's server on a Unix socket in a private folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """The folder with initdb and postgres; None where there is none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


def _as_postgres(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return command
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]


@contextmanager
def server() -> Iterator[str]:
    """Runs a server; yields its SQLAlchemy URL."""
    place = binaries()
    assert place is not None
    folder = Path(tempfile.mkdtemp(prefix="nbpg-"))
    data = folder / "data"
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True, "cwd": "/"}
    try:
        subprocess.run(
            _as_postgres(
                [str(place / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "-E", "UTF8"]
            ),
            **quiet,
        )  # fmt: skip
        options = (
            f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=200"
        )
        control = [str(place / "pg_ctl"), "-D", str(data), "-w"]
        subprocess.run(_as_postgres([*control, "-l", str(folder / "log"), "-o", options, "start"]), **quiet)
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            subprocess.run(_as_postgres([*control, "-m", "immediate", "stop"]), **quiet)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
