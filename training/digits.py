"""Trains the first reader of figures: a small convolutional network with a CTC head.

    python -m training.cells --out KEPT.npz --sheets 260 --fonts kept
    python -m training.cells --out HELD.npz --sheets 20 --fonts held
    python -m training.digits --kept KEPT.npz --held HELD.npz --minutes 10 --out models/weights/digits.onnx

Needs torch and onnx (training only).  One thread.  Prints the error on fonts that were never trained on.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from extractor.ocr.digits import HEIGHT, OTHER, STRIDE
from training.bare import strip

SYMBOLS = "0123456789.,-+/无件元万增减" + OTHER
"""What the network writes; kept in the weights' metadata for the reader."""

Crop = tuple[np.ndarray, str]


class Digits(nn.Module):
    """32 rows in, one step per four columns out."""

    def __init__(self) -> None:
        super().__init__()

        def block(a: int, b: int, stride: tuple[int, int]) -> nn.Sequential:
            return nn.Sequential(
                nn.Conv2d(a, b, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU()
            )

        self.body = nn.Sequential(
            block(1, 16, (2, 2)), block(16, 24, (1, 1)), block(24, 40, (2, 2)), block(40, 40, (1, 1)),
            block(40, 64, (2, 1)), block(64, 64, (2, 1)),
        )  # fmt: skip
        self.flat = nn.Sequential(nn.Conv2d(64, 96, (2, 1), bias=False), nn.BatchNorm2d(96), nn.ReLU())
        self.along = nn.Sequential(
            nn.Conv1d(96, 96, 3, padding=1, bias=False), nn.BatchNorm1d(96), nn.ReLU(),
            nn.Conv1d(96, 96, 3, padding=1, bias=False), nn.BatchNorm1d(96), nn.ReLU(), nn.Dropout(0.1),
        )  # fmt: skip
        self.head = nn.Conv1d(96, 1 + len(SYMBOLS), 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        seen = self.flat(self.body(1 - x))[:, :, 0]
        return self.head(seen + self.along(seen)).transpose(1, 2)


def load(path: Path) -> list[Crop]:
    kept = np.load(path)
    edges = np.concatenate([[0], np.cumsum(kept["widths"])])
    crops = kept["crops"]
    texts = ["".join(_symbol(c) for c in t) for t in kept["texts"].tolist()]
    return [
        (crops[:, a:b], t)
        for a, b, t in zip(edges[:-1], edges[1:], texts, strict=True)
        if all(c in SYMBOLS for c in t) and _legible(crops[:, a:b], t)
    ]


def _legible(crop: np.ndarray, text: str) -> bool:
    """Not what a copier has eaten: nobody can learn from it but to guess."""
    strokes = sum(4 if c in "-—.,'" else 16 for c in text)
    return int((crop < 165).sum()) >= strokes


def _symbol(character: str) -> str:
    """The network's symbol for a printed character: one for every dash, one for all words."""
    if character in "—–":
        return "-"
    if "\uff10" <= character <= "\uff19":
        return chr(ord(character) - 0xFF10 + ord("0"))
    return OTHER if "\u4e00" <= character <= "\u9fff" and character not in SYMBOLS else character


def spoil(crop: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What the cropping may do next time: a shift, another height, another contrast."""
    if rng.random() < 0.6:
        shift, grow = rng.integers(-3, 4), rng.uniform(0.85, 1.12)
        ys = np.clip(((np.arange(HEIGHT) - 15.5) / grow + 15.5 + shift).round().astype(int), 0, HEIGHT - 1)
        crop = crop[ys]
    out = crop.astype(np.float32)
    if rng.random() < 0.4:
        out = 255 - (255 - out) * rng.uniform(0.55, 1.15)
    if rng.random() < 0.2:
        out = (out + rng.normal(0, rng.uniform(2, 14), out.shape)).astype(np.float32)
    return np.clip(out, 0, 255).astype(np.uint8)


def batch(crops: list[np.ndarray]) -> torch.Tensor:
    wide = max(c.shape[1] for c in crops)
    out = np.full((len(crops), 1, HEIGHT, wide), 255, np.uint8)
    for i, c in enumerate(crops):
        out[i, 0, :, : c.shape[1]] = c
    return torch.from_numpy(out).float() / 255


def greedy(logits: torch.Tensor, steps: int) -> tuple[str, float]:
    shares, best = logits[:steps].softmax(1).max(1)
    text, last = "", 0
    for index in best.tolist():
        if index and index != last:
            text += SYMBOLS[index - 1]
        last = index
    return text, float(shares.prod())


def error(net: nn.Module, held: list[Crop]) -> str:
    net.eval()
    wrong: list[tuple[str, str, float]] = []
    order = sorted(range(len(held)), key=lambda i: held[i][0].shape[1])
    with torch.no_grad():
        for start in range(0, len(order), 64):
            chosen = order[start : start + 64]
            logits = net(batch([held[i][0] for i in chosen]))
            for row, i in enumerate(chosen):
                text, share = greedy(logits[row], held[i][0].shape[1] // STRIDE)
                if text != held[i][1]:
                    wrong.append((held[i][1], text, round(share, 3)))
    net.train()
    sure = [w for w in wrong if w[2] > 0.99]
    sample = random.Random(1).sample(wrong, min(12, len(wrong)))
    share = len(wrong) / len(held)
    return f"wrong {len(wrong)} of {len(held)} ({share:.4%}), of those sure {len(sure)}: {sample}"


def train(kept: list[Crop], held: list[Crop], minutes: float, out: Path) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(1)
    rng, noise = random.Random(1), np.random.default_rng(1)
    net = Digits()
    print(sum(p.numel() for p in net.parameters()), "parameters,", len(kept), "cells", flush=True)
    adam = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-3)
    # Batches of like width: padding is wasted time.
    order = sorted(range(len(kept)), key=lambda i: kept[i][0].shape[1])
    groups = [order[i : i + 48] for i in range(0, len(order), 48)]
    begun, step, mean = time.time(), 0, 0.0
    while (share := (time.time() - begun) / (60 * minutes)) < 1:
        for group in adam.param_groups:
            group["lr"] = 3e-3 * min(1, (step + 1) / 60) * max(0.01, (1 - share) ** 1.3)
        chosen = rng.choice(groups)
        crops = [spoil(kept[i][0], noise) for i in chosen]
        texts = [kept[i][1] for i in chosen]
        shares = net(batch(crops)).log_softmax(2).transpose(0, 1)
        target = torch.tensor([SYMBOLS.index(c) + 1 for t in texts for c in t], dtype=torch.long)
        value = F.ctc_loss(
            shares, target, torch.full((len(texts),), shares.shape[0]), torch.tensor([len(t) for t in texts]),
            zero_infinity=True,
        )  # fmt: skip
        adam.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        adam.step()
        mean = 0.98 * mean + 0.02 * value.item()
        step += 1
        if step % 500 == 0:
            print(
                f"{step} {time.time() - begun:.0f}s loss {mean:.4f} {error(net, held[:2000])[:120]}",
                flush=True,
            )
    print("held out:", error(net, held), flush=True)
    export(net, out)


def export(net: nn.Module, out: Path) -> None:
    net.eval()
    free = {0: torch.export.Dim("n", min=1, max=4096), 3: torch.export.Dim("w4", min=2, max=400) * 4}
    program = torch.onnx.export(
        net, (torch.zeros(2, 1, HEIGHT, 64),), dynamo=True, input_names=["crops"], output_names=["steps"],
        dynamic_shapes={"x": free}, external_data=False,
    )  # fmt: skip
    assert program is not None
    program.model.metadata_props["symbols"] = SYMBOLS
    program.save(str(out))
    strip(out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kept", type=Path, nargs="+", required=True)
    parser.add_argument("--held", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    train([c for p in args.kept for c in load(p)], load(args.held), args.minutes, args.out)
