"""A recogniser that plays back what another one read: fast tests, same answers.

`Recorder` wraps a real engine and keeps every reading under the crop's hash; `Replay` answers from such
a record and knows nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.ocr.engine import Alphabet, Recognised, Recogniser

if TYPE_CHECKING:
    from extractor.ocr.engine import Gray


def fingerprint(crop: Gray, alphabet: Alphabet) -> str:
    """Names a crop and what was asked of it; equal pixels give equal names."""
    digest = hashlib.sha256(f"{alphabet.name}:{crop.shape}".encode())
    digest.update(crop.tobytes())
    return digest.hexdigest()[:24]


class Recorder:
    """Reads through `engine` and remembers."""

    def __init__(self, engine: Recogniser) -> None:
        self.engine = engine
        self.name = engine.name
        self.record: dict[str, Recognised] = {}

    def read(self, crops: Sequence[Gray], alphabet: Alphabet) -> list[Recognised]:
        out = self.engine.read(crops, alphabet)
        for crop, result in zip(crops, out, strict=True):
            self.record[fingerprint(crop, alphabet)] = result
        return out

    def save(self, path: Path) -> None:
        rows = {k: [r.text, round(r.score, 6), r.candidates] for k, r in sorted(self.record.items())}
        path.write_text(json.dumps({"engine": self.name, "readings": rows}, ensure_ascii=False))


class Replay:
    """Answers from a record; KeyError for a crop that was never recorded."""

    def __init__(self, path: Path) -> None:
        kept = json.loads(path.read_text())
        self.name: str = kept["engine"]
        self._readings = {
            key: Recognised(text, score, tuple((t, p) for t, p in candidates))
            for key, (text, score, candidates) in kept["readings"].items()
        }

    def read(self, crops: Sequence[Gray], alphabet: Alphabet) -> list[Recognised]:
        return [self._readings[fingerprint(crop, alphabet)] for crop in crops]
