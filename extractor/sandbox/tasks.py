"""What a forked child can be asked to do.  Each task takes the source and returns bytes.

`report`  the Report, pickled (read back by extractor/sandbox/unpack.py, which builds records only)
`json`    the JSON of one report as UTF-8
`page`    a page as it stands upright, PNG
`crop`    a part of a page with its surroundings, PNG
`region`  a part of a page read again by every reader, JSON
`evidence` what speaks for every figure, JSON
"""

from __future__ import annotations

import importlib
import json
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from extractor.settings import Options
from extractor.types import Source

Params = Mapping[str, Any]
OPTION_NAMES = ("password", "narrative")


def options_from(params: Params) -> Options:
    """Options out of a request's JSON."""
    given = params.get("options") or {}
    folder = given.get("forms_dir")
    return Options(
        **{k: given[k] for k in OPTION_NAMES if k in given}, forms_dir=Path(folder) if folder else None
    )


def count_pages(source: Source) -> int:
    """Pages of a PDF or pictures of a TIFF, read cheaply; 1 where there is no telling.

    Only used to grant time, so a file that lies gains nothing but time it could have taken anyway.
    """
    total = 0
    for _name, data in source.parts:
        if b"%PDF-" in data[:1024]:
            import pypdfium2

            try:
                pdf = pypdfium2.PdfDocument(data)
            except pypdfium2.PdfiumError:
                total += 1
                continue
            total += len(pdf)
            pdf.close()
        elif data[:4] in (b"II*\x00", b"MM\x00*"):
            import io

            from PIL import Image, UnidentifiedImageError

            try:
                with Image.open(io.BytesIO(data)) as picture:
                    total += getattr(picture, "n_frames", 1)
            except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
                total += 1
        else:
            total += 1
    return total


def _report(source: Source, params: Params) -> bytes:
    from extractor.pipeline import extract

    return pickle.dumps(extract(source, options_from(params)), protocol=5)


def _json(source: Source, params: Params) -> bytes:
    from extractor.pipeline import extract

    # Named, not imported: emit is a sibling layer of this package.
    emit = importlib.import_module("extractor.emit.json")
    told = emit.to_dict(extract(source, options_from(params)))
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _page(source: Source, params: Params) -> bytes:
    from extractor.sandbox.pictures import page_png

    return page_png(source, params, options_from(params))


def _crop(source: Source, params: Params) -> bytes:
    from extractor.sandbox.pictures import crop_png

    return crop_png(source, params, options_from(params))


def _region(source: Source, params: Params) -> bytes:
    from extractor.sandbox.region import region_json

    return region_json(source, params, options_from(params))


def _evidence(source: Source, params: Params) -> bytes:
    from extractor.sandbox.evidence import evidence_json

    return evidence_json(source, options_from(params))


TASKS: dict[str, Callable[[Source, Params], bytes]] = {
    "report": _report,
    "json": _json,
    "page": _page,
    "crop": _crop,
    "region": _region,
    "evidence": _evidence,
}
