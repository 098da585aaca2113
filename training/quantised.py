"""Weights of a trained network in eight bits: half its time where a processor multiplies bytes, a third of its size.

    python -m training.quantised --net lines  --weights lines.onnx  --sample PAGES    --out models/weights/lines.onnx
    python -m training.quantised --net digits --weights digits.onnx --sample KEPT.npz --held HELD.npz --out ...

Post-training quantisation: nothing is trained; what the layers' values reach is measured on pages, cells or lines of the
training set.  Weights take seven of the eight bits: processors without VNNI add two products of a byte in sixteen
bits, and the eighth would overflow there (onnxruntime's documentation, "Quantize ONNX models").
Printed: what the error of the network was and is, on what neither the training nor the measuring has seen.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from training.bare import strip

Batch = NDArray[np.float32]
HELD = 40
"""Pages at the start of the cache that the training holds out (training.lines)."""
PAGES, BATCHES, BATCH = 24, 40, 32
STRIDE = 4
"""Columns of a line's picture to one step of its text (digits and words)."""


def pages(cache: Path, held: bool) -> Iterator[tuple[Batch, NDArray[np.uint8]]]:
    """(page, its true masks), the page's sides whole multiples of the network's innermost squares."""
    files = sorted(cache.glob("*.npz"))
    for path in files[:HELD] if held else Random(1).sample(files[HELD:], PAGES):
        kept = np.load(path)
        high, wide = (n // 8 * 8 for n in kept["image"].shape)
        yield (
            kept["image"][None, None, :high, :wide].astype(np.float32) / np.float32(255),
            kept["masks"][:, :high, :wide],
        )


Crop = tuple[NDArray[np.uint8], str]


def crops(net: str, path: Path, symbols: str) -> list[Crop]:
    """Pictures of cells or lines with their texts, as the network's own training takes them."""
    if net == "digits":
        from training import digits

        return digits.load(path)
    from training import label_net

    return label_net.load(path, symbols)


def batches(known: list[Crop], count: int | None) -> Iterator[tuple[Batch, list[Crop]]]:
    """Crops of like width together; `count` batches at random, or all."""
    order = sorted(range(len(known)), key=lambda i: known[i][0].shape[1])
    groups = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
    for group in groups if count is None else Random(1).sample(groups, min(count, len(groups))):
        chosen = [known[i] for i in group]
        batch = np.full((len(chosen), 1, chosen[0][0].shape[0], chosen[-1][0].shape[1]), 255, np.uint8)
        for row, (crop, _) in enumerate(chosen):
            batch[row, 0, :, : crop.shape[1]] = crop
        yield batch.astype(np.float32) / np.float32(255), chosen


class Sample(CalibrationDataReader):
    """What quantisation measures the layers' values on."""

    def __init__(self, name: str, batches: Iterator[Batch]) -> None:
        self._name, self._batches = name, batches

    def get_next(self) -> dict[str, Batch] | None:
        batch = next(self._batches, None)
        return None if batch is None else {self._name: batch}


def session(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def rule_error(net: Any, cache: Path) -> str:
    """Recall and precision of rule pixels within 2 px, as training.lines measures them, at its middle threshold."""
    import cv2

    near = np.ones((5, 5), np.uint8)
    hit = true = exact = all_ = 0
    bytes_ = net.get_inputs()[0].type == "tensor(uint8)"
    for page, masks in pages(cache, held=True):
        told = net.run(None, {"page": np.rint(page * 255).astype(np.uint8) if bytes_ else page})[0][0]
        seen = (told > (127 if bytes_ else 0.5)).astype(np.uint8)
        for got, truth in zip(seen, (masks > 127).astype(np.uint8), strict=True):
            hit += int((truth & cv2.dilate(got, near)).sum())
            exact += int((got & cv2.dilate(truth, near)).sum())
            true, all_ = true + int(truth.sum()), all_ + int(got.sum())
    return f"recall {hit / true:.4f}, precision {exact / all_:.4f}"


def text_error(net: Any, known: list[Crop], symbols: str) -> str:
    """Texts read wrong, and those among them of which the network is nearly certain."""
    wrong = sure = 0
    for batch, chosen in batches(known, None):
        logits = net.run(None, {"crops": batch})[0]
        shares = np.exp(logits - logits.max(axis=2, keepdims=True))
        shares /= shares.sum(axis=2, keepdims=True)
        for row, (crop, text) in enumerate(chosen):
            own = shares[row, : crop.shape[1] // STRIDE]
            best = own.argmax(axis=1).tolist()
            read = "".join(
                symbols[k - 1] for k, last in zip(best, [0, *best], strict=False) if k and k != last
            )
            wrong += read != text
            sure += read != text and float(own.max(axis=1).prod()) > 0.99
    return f"wrong {wrong} of {len(known)} ({wrong / len(known):.3%}), of those sure {sure}"


def patches(cache: Path, held: bool, count: int) -> tuple[Batch, NDArray[np.int64]]:
    """Pieces of pages with the quarter turns they were turned by (training.turn)."""
    from training import turn

    files = sorted(cache.glob("*.npz"))
    crops, turns = turn.draw(files[:HELD] if held else files[HELD:], Random(1), count)
    return crops.numpy(), turns.numpy()


def turn_error(net: Any, cache: Path) -> str:
    """Pieces of held-out pages whose turn is told right."""
    known, turns = patches(cache, True, 2000)
    told = np.concatenate(
        [net.run(None, {"patches": known[i : i + 50]})[0] for i in range(0, len(known), 50)]
    )
    return f"right {(told.argmax(axis=1) == turns).mean():.4f}"


def quantise(weights: Path, sample: Sample, out: Path, head: bool) -> None:
    """`weights` in eight bits, its own metadata kept; `head`: the last layer too, which else tells its shares as before."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.onnx"
        quant_pre_process(str(weights), str(ready), skip_symbolic_shape=True)
        last = [n.name for n in onnx.load(str(ready)).graph.node if n.op_type == "Conv"][-1]
        quantize_static(
            str(ready), str(out), sample, quant_format=QuantFormat.QDQ, per_channel=True, reduce_range=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            nodes_to_exclude=[] if head else [last],
        )  # fmt: skip
    own, made = onnx.load(str(weights)), onnx.load(str(out))
    del made.metadata_props[:]
    made.metadata_props.extend(own.metadata_props)
    onnx.save(made, str(out))
    strip(out)


def in_bytes(path: Path) -> None:
    """A page's network takes grey pixels and gives masks as bytes: what the first and the last layer make of them
    inside, without a picture of floats at either end."""
    model = onnx.load(str(path))
    graph = model.graph
    known = {t.name: onnx.numpy_helper.to_array(t) for t in graph.initializer}
    first = next(n for n in graph.node if n.input[0] == graph.input[0].name)
    *_, before, last = graph.node
    assert (first.op_type, before.op_type, last.op_type) == (
        "QuantizeLinear",
        "DequantizeLinear",
        "DepthToSpace",
    )
    for node in (first, before):
        scale, zero = float(known[node.input[1]]), int(known[node.input[2]])
        assert abs(255 * scale - 1) < 0.01 and zero == 0, (node.op_type, scale, zero)
    for node in graph.node:
        node.input[:] = [graph.input[0].name if i == first.output[0] else i for i in node.input]
    last.input[0] = before.input[0]
    graph.node.remove(first)
    graph.node.remove(before)
    for end in (graph.input[0], graph.output[0]):
        end.type.tensor_type.elem_type = onnx.TensorProto.UINT8
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--net", choices=("lines", "turn", "digits", "words"), required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--sample", type=Path, required=True)
    parser.add_argument("--held", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if args.net == "lines":
        quantise(args.weights, Sample("page", (p for p, _ in pages(args.sample, held=False))), args.out, True)
        in_bytes(args.out)
        for name, path in (("before", args.weights), ("after", args.out)):
            print(name, rule_error(session(path), args.sample), flush=True)
        return
    if args.net == "turn":
        known = patches(args.sample, False, 640)[0]
        sample = Sample("patches", (known[i : i + BATCH] for i in range(0, len(known), BATCH)))
        quantise(args.weights, sample, args.out, True)
        for name, path in (("before", args.weights), ("after", args.out)):
            print(name, turn_error(session(path), args.sample), flush=True)
        return
    symbols = session(args.weights).get_modelmeta().custom_metadata_map["symbols"]
    drawn = batches(crops(args.net, args.sample, symbols), BATCHES)
    quantise(args.weights, Sample("crops", (b for b, _ in drawn)), args.out, False)
    held = crops(args.net, args.held, symbols)
    for name, path in (("before", args.weights), ("after", args.out)):
        print(name, text_error(session(path), held, symbols), flush=True)


if __name__ == "__main__":
    main()
