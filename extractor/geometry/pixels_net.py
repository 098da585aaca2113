"""Networks that run over pixels: one session per file, one thread, loaded when first needed."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from extractor.settings import MODELS

WEIGHTS = MODELS / "weights"


def open_session(model: bytes | str) -> Any:
    """An onnxruntime session of one thread: documents, not matrices, are what runs in parallel."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # The arena keeps its peak for good; pages differ in size, so it would only grow.
    options.enable_cpu_mem_arena = False
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@lru_cache(maxsize=8)
def weights_session(name: str) -> Any:
    """The session of models/weights/NAME, shared by the process."""
    return open_session(str(WEIGHTS / name))
