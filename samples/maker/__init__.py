"""The maker: invented annual reports of every kind, with the truth about each.

from random import Random
from samples.maker import Spec, make
editions = (("2", "2021"), ("3", "2021"), ("4", "2021"))
made = make(Spec("a", "digital", "web", editions, 2022, frozenset({"zero_blank"})), Random(1))
made.files["report.pdf"], made.truth
"""

from __future__ import annotations

from .compose import Spec
from .produce import Made, make

__all__ = ["Made", "Spec", "make"]
