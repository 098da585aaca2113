"""Originals by their SHA-256: a folder or an S3 bucket behind obstore's one API.  Names are hashes only."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from workers.settings import Settings

HASH = re.compile(r"[0-9a-f]{64}")


def blob_key(sha256: str) -> str:
    """Where a blob stands: two levels, so that no folder grows past some thousand names."""
    if not HASH.fullmatch(sha256):
        raise ValueError("not a SHA-256")
    return f"{sha256[:2]}/{sha256}"


class Blobs:
    """Puts and gets blobs; both are safe to repeat."""

    def __init__(self, settings: Settings) -> None:
        from obstore.store import LocalStore, S3Store

        self.folder: Path | None = None
        url = settings.blobs_url
        if url.startswith("s3://"):
            bucket, _, prefix = url.removeprefix("s3://").partition("/")
            options: dict[str, Any] = {
                "region": settings.s3_region,
                "access_key_id": settings.s3_access_key or None,
                "secret_access_key": settings.s3_secret_key or None,
                "endpoint": settings.s3_endpoint or None,
                "client_options": {
                    "allow_http": settings.s3_endpoint.startswith("http://"),
                    "timeout": "60s",
                },
            }
            given = {k: v for k, v in options.items() if v is not None}
            self._store: Any = S3Store(bucket, prefix=prefix or None, **given)
        else:
            self.folder = Path(url.removeprefix("file://"))
            self._store = LocalStore(self.folder, mkdir=True)

    def put(self, sha256: str, path: Path) -> None:
        """Store the file at `path`; one that is there already stays.  Durable when it returns."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        try:
            obstore.put(self._store, blob_key(sha256), path, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return
        if self.folder is not None:
            self._settle(self.folder / blob_key(sha256))

    @staticmethod
    def _settle(path: Path) -> None:
        """Make file and name survive a power loss."""
        for place in (path, path.parent):
            handle = os.open(place, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def get(self, sha256: str) -> bytes:
        """The blob's bytes.  Raises FileNotFoundError where there is none."""
        import obstore

        return bytes(obstore.get(self._store, blob_key(sha256)).bytes())

    def has(self, sha256: str) -> bool:
        import obstore

        try:
            obstore.head(self._store, blob_key(sha256))
        except FileNotFoundError:
            return False
        return True

    def names(self) -> list[str]:
        """SHA-256 of every blob."""
        import obstore

        found: list[str] = []
        for chunk in obstore.list(self._store):
            found += [str(item["path"]).rsplit("/", 1)[-1] for item in chunk]
        return [name for name in found if HASH.fullmatch(name)]

    def check(self) -> None:
        """Raise where the store does not answer."""
        import obstore

        next(iter(obstore.list(self._store, chunk_size=1)), None)

    def parts(self) -> list[Path]:
        """Files that an interrupted put into a folder left behind."""
        if self.folder is None:
            return []
        return [p for p in self.folder.glob("*/*") if not HASH.fullmatch(p.name)]
