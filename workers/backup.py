"""`nianbao backup FILE` and `nianbao restore FILE --data DIR`: the store and the originals in one ZIP.

SQLite is copied by its own online backup, so the service may run meanwhile.  Rows are copied first and
blobs afterwards: a blob is always older than the row that names it.  PostgreSQL and S3 have better means of
their own (pg_dump, bucket replication); docs/operations.md says how, and this command says so too.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.engine import make_url

from workers import settings as setting_module
from workers.settings import Settings
from workers.store.blobs import HASH, Blobs, blob_key
from workers.store.engine import Store, sqlite_module
from workers.store.migrate import current, upgrade

MANIFEST = "manifest.json"
DATABASE = "nianbao.db"
CHUNK = 1 << 20


class CannotBackUp(Exception):
    """Not a store of this kind, or not a backup."""


def _database_file(given: Settings) -> Path:
    url = make_url(given.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise CannotBackUp("数据库是 PostgreSQL：请用 pg_dump 备份（见 docs/operations.md）")
    return Path(url.database)


def _copy_database(source: Path, target: Path) -> None:
    module = sqlite_module()
    if not source.is_file():
        raise CannotBackUp(f"没有数据库 {source}")
    with module.connect(str(source)) as old, module.connect(str(target)) as new:
        old.backup(new)
    new.close()
    old.close()


def backup(given: Settings, target: Path) -> int:
    """Write the backup; the number of originals in it.  Raises CannotBackUp."""
    database = _database_file(given)
    blobs = Blobs(given)
    part = target.with_name(f".{target.name}.part")
    with tempfile.TemporaryDirectory(prefix="nianbao-backup-") as folder:
        copy = Path(folder) / DATABASE
        _copy_database(database, copy)
        store = Store(f"sqlite:///{copy}")
        with store.read() as c:
            wanted = list(c.exec_driver_sql("SELECT DISTINCT sha256 FROM jobs ORDER BY 1").scalars())
        revision = current(store)
        store.close()
        try:
            with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
                archive.write(copy, DATABASE, zipfile.ZIP_DEFLATED)
                missing = 0
                for sha256 in wanted:
                    try:
                        archive.writestr(f"blobs/{sha256}", blobs.get(sha256))
                    except FileNotFoundError:
                        missing += 1
                told = {
                    "revision": revision,
                    "blobs": len(wanted) - missing,
                    "missing": missing,
                    "at": time.time(),
                }
                archive.writestr(MANIFEST, json.dumps(told))
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return len(wanted) - missing


def restore(given: Settings, source: Path) -> int:
    """Lay a backup into an empty data folder; every original is checked.  Raises CannotBackUp."""
    database = _database_file(given)
    if database.exists():
        raise CannotBackUp(f"{database} 已存在；请用 --data 指定空的目录")
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    blobs = Blobs(given)
    number = 0
    try:
        with (
            zipfile.ZipFile(source) as archive,
            tempfile.TemporaryDirectory(prefix="nianbao-restore-") as folder,
        ):
            if MANIFEST not in archive.namelist():
                raise CannotBackUp(f"{source} 不是本系统的备份")
            for name in archive.namelist():
                sha256 = name.removeprefix("blobs/")
                if not name.startswith("blobs/") or not HASH.fullmatch(sha256):
                    continue
                data = archive.read(name)
                if hashlib.sha256(data).hexdigest() != sha256:
                    raise CannotBackUp(f"备份中的 {blob_key(sha256)} 已损坏")
                path = Path(folder) / "blob"
                path.write_bytes(data)
                blobs.put(sha256, path)
                number += 1
            copy = Path(archive.extract(DATABASE, folder))
            part = database.with_name(f".{database.name}.part")
            part.write_bytes(copy.read_bytes())
            part.replace(database)
    except zipfile.BadZipFile as error:
        raise CannotBackUp(f"{source} 不是完整的备份") from error
    store = Store(given.database_url)
    upgrade(store)
    store.close()
    return number


def _parser(action: str) -> argparse.ArgumentParser:
    words = {
        "backup": "Write database and originals into one file; the service may go on.",
        "restore": "Lay a backup into an empty data folder.",
    }
    p = argparse.ArgumentParser(prog=f"nianbao {action}", description=words[action])
    p.add_argument("file", type=Path, help="the backup (.zip)")
    p.add_argument("--data", type=Path, help="the data folder; default: that of nianbao serve")
    return p


def _run(action: str, argv: Sequence[str]) -> int:
    args = _parser(action).parse_args(list(argv))
    given = setting_module.read(**({"data": args.data.absolute()} if args.data else {}))
    try:
        number = (backup if action == "backup" else restore)(given, args.file)
    except FileNotFoundError as error:
        print(f"没有这个文件：{error.filename}", file=sys.stderr)
        return 1
    except (CannotBackUp, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{'已备份' if action == 'backup' else '已恢复'}：{number} 份原件与数据库", file=sys.stderr)
    return 0


def backup_command(argv: Sequence[str]) -> int:
    """`nianbao backup FILE`."""
    return _run("backup", argv)


def restore_command(argv: Sequence[str]) -> int:
    """`nianbao restore FILE`."""
    return _run("restore", argv)
