"""The samples that the repository keeps: few, small, one of each kind, the same whenever they are made."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from . import data, forms, produce
from .compose import Spec, compose
from .post import stamped

#: Seeds tried for a sample until its truth holds what data/samples.toml asks for; one in ten does.
TRIES = 400
FOLDER = Path(__file__).parents[1]


def _meets(truth: dict[str, Any], needs: list[str]) -> bool:
    holds = {
        "statements": len(truth["statements"]) >= 5,
        "arithmetic_errors": bool(truth["arithmetic_errors"]),
        "contradiction": any(not s["agrees"] for s in truth["statements"]),
    }
    return all(holds[n] for n in needs)


def _spec(entry: dict[str, Any]) -> Spec:
    editions = tuple((n, entry["edition"]) for n in forms.numbers(entry["edition"]))
    return Spec(
        entry["name"], entry["kind"], entry["route"], editions, entry["year"], frozenset(entry["traits"])
    )


def specs() -> Iterator[tuple[Spec, Random]]:
    """The samples' specifications, each with the first generator whose truth holds what is asked.

    Raises ValueError where no seed gives such a truth.
    """
    for entry in data.load("samples")["sample"]:
        spec = _spec(entry)
        for seed in range(TRIES):
            key = f"sample {spec.id} {seed}"
            if not entry["needs"] or _meets(compose(spec, Random(key))[1], entry["needs"]):
                yield spec, Random(key)
                break
        else:
            raise ValueError(f"no seed gives sample {spec.id} what it needs")


def make_samples(folder: Path = FOLDER) -> list[str]:
    """Write samples/<name>/; returns the names."""
    names = []
    for made in produce.make_all(specs()):
        files = {
            name: stamped(content, str(made.truth["organ"] or "")) if name.endswith(".pdf") else content
            for name, content in made.files.items()
        }
        produce.write(dataclasses.replace(made, files=files), folder / str(made.truth["id"]))
        names.append(str(made.truth["id"]))
    return names + make_scans(folder)


def scanned_truth(entry: dict[str, Any], of: dict[str, Any]) -> dict[str, Any]:
    """The truth about pictures of a sample: what it prints, in other files."""
    tags = [*of["tags"], f"{entry['dpi']}dpi"]
    return {**of, "id": entry["name"], "kind": entry["kind"], "tags": tags}


def make_scans(folder: Path = FOLDER) -> list[str]:
    """Write the samples that are pictures of others (data/samples.toml, `scan`); returns their names."""
    from .degrade import Damage
    from .scans import files_of, pictures

    names = []
    for entry in data.load("samples")["scan"]:
        home = folder / entry["of"]
        of = json.loads((home / "truth.json").read_text(encoding="utf-8"))
        given = Damage(**entry["damage"])
        pages = pictures((home / of["files"][0]).read_bytes(), given, entry["dpi"], Random(entry["name"]))
        files = files_of(pages, given, entry["dpi"], entry["kind"])
        truth = scanned_truth(entry, of) | {"files": list(files)}
        produce.write(produce.Made(files, truth), folder / entry["name"])
        names.append(entry["name"])
    return names
