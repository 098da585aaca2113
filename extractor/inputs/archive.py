"""ZIP archives read with bounds: members, inflated bytes counted while they come, ratio."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any

from extractor.errors import Bomb, Damaged, ForbiddenContent, PasswordNeeded, TooLarge
from extractor.settings import Limits

_CHUNK = 65_536
_FREE_BYTES = 1 << 20
"""Inflated bytes up to which no ratio is asked after: a short table of zeros may shrink 200 times."""


class Archive:
    """An opened ZIP.  What is inflated of it, over all members read, stays within the limits."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        """Raises Damaged, Bomb."""
        self._limits = limits
        self._inflated = 0
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            infos = self._zip.infolist()
        except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OSError) as error:
            raise Damaged(str(error)) from error
        if len(infos) > limits.max_archive_members:
            raise Bomb(f"{len(infos)} 个成员")
        if sum(info.file_size for info in infos) > limits.max_inflated_bytes:
            raise Bomb(f"展开后超过 {limits.max_inflated_bytes} 字节")
        self._names = {_key(info.filename): info for info in infos}

    def has(self, name: str) -> bool:
        return _key(name) in self._names

    def names(self) -> list[str]:
        return list(self._names)

    def read(self, name: str) -> bytes:
        """One member whole; b"" where there is none.  Raises Bomb, Damaged, PasswordNeeded."""
        return b"".join(self.chunks(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """One member piece by piece.  Raises Bomb, Damaged, PasswordNeeded."""
        info = self._names.get(_key(name))
        if info is None:
            return
        if info.flag_bits & 1:
            raise PasswordNeeded(message="文件的压缩包设有密码。", remedy="请去除密码后另存为 DOCX 再上传。")
        try:
            with self._zip.open(info) as member:
                yield from self._counted(member, max(1, info.compress_size))
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
            raise Damaged(f"{name}: {error}") from error

    def _counted(self, member: IO[bytes], packed: int) -> Iterator[bytes]:
        own = 0
        while chunk := member.read(_CHUNK):
            own += len(chunk)
            self._inflated += len(chunk)
            if self._inflated > self._limits.max_inflated_bytes:
                raise Bomb(f"展开后超过 {self._limits.max_inflated_bytes} 字节")
            if own > _FREE_BYTES and own > packed * self._limits.max_archive_ratio:
                raise Bomb(f"膨胀超过 {self._limits.max_archive_ratio} 倍")
            yield chunk


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def parse_xml(archive: Archive, name: str, limits: Limits) -> Any:
    """The root element of an XML member, None where the archive has no such member.

    No DTD, no entity, no network.  Raises ForbiddenContent, TooLarge (nodes), Damaged, Bomb.
    """
    from lxml import etree

    if not archive.has(name):
        return None
    parser = etree.XMLPullParser(
        events=("start",), resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    count = 0
    try:
        for chunk in archive.chunks(name):
            parser.feed(chunk)
            count += sum(1 for _ in parser.read_events())
            if count > limits.max_markup_nodes:
                raise TooLarge(f"文档超过 {limits.max_markup_nodes} 个节点")
        root = parser.close()
    except etree.XMLSyntaxError as error:
        if "ntity" in str(error):  # an entity that the parser refused
            raise ForbiddenContent(str(error)) from error
        raise (TooLarge if "depth" in str(error) else Damaged)(str(error)) from error
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise ForbiddenContent("DTD")
    return root
