"""Weights without the traces that an exporter leaves in them: stack frames, paths, document strings.

    python -m training.bare models/weights/lines.onnx [...]

keeps the graph, the weights and the model's own properties; results are the same to the bit.
"""

from __future__ import annotations

import sys
from pathlib import Path

import onnx


def strip(path: Path) -> None:
    """Rewrite one ONNX file without per-node metadata."""
    model = onnx.load(str(path))
    graph = model.graph
    for item in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del item.metadata_props[:]
        item.doc_string = ""
    for function in model.functions:
        for node in function.node:
            del node.metadata_props[:]
            node.doc_string = ""
    model.doc_string = ""
    onnx.save(model, str(path))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        strip(Path(name))
