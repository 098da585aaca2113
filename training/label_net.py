"""Trains the first reader of labels: a small convolutional CTC network over the forms' characters.

    python -m training.words --out KEPT.npz --sheets 170 --fonts kept
    python -m training.words --out HELD.npz --sheets 12 --fonts held --seed 2
    python -m training.label_net --kept KEPT.npz --held HELD.npz --minutes 18 --out models/weights/words.onnx

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

from extractor.ocr.words import HEIGHT, OTHER, STRIDE
from training.bare import strip
from training.digits import batch, spoil

SAME = str.maketrans('(),:"〈〉–', "（），：“《》—")
"""Characters that only their width tells apart; labels are compared without it."""

Line = tuple[np.ndarray, str]


class Words(nn.Module):
    """32 rows in, one step per four columns out."""

    def __init__(self, classes: int) -> None:
        super().__init__()

        def block(a: int, b: int, stride: tuple[int, int]) -> nn.Sequential:
            conv = nn.Conv2d(a, b, 3, stride=stride, padding=1, bias=False)
            return nn.Sequential(conv, nn.BatchNorm2d(b), nn.ReLU())

        self.body = nn.Sequential(
            block(1, 24, (2, 2)), block(24, 32, (1, 1)), block(32, 56, (2, 2)), block(56, 56, (1, 1)),
            block(56, 96, (2, 1)), block(96, 144, (2, 1)),
        )  # fmt: skip
        self.flat = nn.Sequential(nn.Conv2d(144, 176, (2, 1), bias=False), nn.BatchNorm2d(176), nn.ReLU())
        self.along = nn.Sequential(
            nn.Conv1d(176, 176, 3, padding=1, bias=False), nn.BatchNorm1d(176), nn.ReLU(), nn.Dropout(0.1)
        )
        self.head = nn.Conv1d(176, classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        seen = self.flat(self.body(1 - x))[:, :, 0]
        return self.head(seen + self.along(seen)).transpose(1, 2)


def load(path: Path, symbols: str) -> list[Line]:
    kept = np.load(path)
    crops = kept["crops"]
    edges = np.concatenate([[0], np.cumsum(kept["widths"])])
    out: list[Line] = []
    for a, b, text in zip(edges[:-1], edges[1:], kept["texts"].tolist(), strict=True):
        written = "".join(c if c in symbols else OTHER for c in text.translate(SAME))
        if int((crops[:, a:b] < 165).sum()) >= 20 * len(written) and (b - a) // STRIDE > len(written) + 1:
            out.append((crops[:, a:b], written))
    return out


def greedy(logits: torch.Tensor, symbols: str) -> tuple[str, float]:
    shares, best = logits.softmax(1).max(1)
    text, last, least = "", 0, 1.0
    for index, share in zip(best.tolist(), shares.tolist(), strict=True):
        if index and index != last:
            text += symbols[index - 1]
            least = min(least, share)
        last = index
    return text, least


def error(net: nn.Module, held: list[Line], symbols: str) -> str:
    net.eval()
    wrong: list[tuple[str, str, float]] = []
    order = sorted(range(len(held)), key=lambda i: held[i][0].shape[1])
    with torch.no_grad():
        for start in range(0, len(order), 32):
            chosen = order[start : start + 32]
            logits = net(batch([held[i][0] for i in chosen]))
            for row, i in enumerate(chosen):
                text, least = greedy(logits[row, : held[i][0].shape[1] // STRIDE], symbols)
                if text != held[i][1]:
                    wrong.append((held[i][1], text, round(least, 2)))
    net.train()
    sample = random.Random(1).sample(wrong, min(6, len(wrong)))
    return f"lines wrong {len(wrong)} of {len(held)} ({len(wrong) / max(1, len(held)):.3%}): {sample}"


def train(kept: list[Line], held: list[Line], symbols: str, minutes: float, out: Path) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(1)
    rng, noise = random.Random(1), np.random.default_rng(1)
    net = Words(1 + len(symbols))
    print(sum(p.numel() for p in net.parameters()), "parameters,", len(kept), "lines", flush=True)
    adam = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-3)
    order = sorted(range(len(kept)), key=lambda i: kept[i][0].shape[1])
    groups = [order[i : i + 32] for i in range(0, len(order), 32)]
    begun, step, mean = time.time(), 0, 0.0
    while (share := (time.time() - begun) / (60 * minutes)) < 1:
        for group in adam.param_groups:
            group["lr"] = 3e-3 * min(1, (step + 1) / 100) * max(0.01, (1 - share) ** 1.2)
        chosen = rng.choice(groups)
        texts = [kept[i][1] for i in chosen]
        shares = net(batch([spoil(kept[i][0], noise) for i in chosen])).log_softmax(2).transpose(0, 1)
        target = torch.tensor([symbols.index(c) + 1 for t in texts for c in t], dtype=torch.long)
        lengths = torch.tensor([len(t) for t in texts])
        value = F.ctc_loss(
            shares, target, torch.full((len(texts),), shares.shape[0]), lengths, zero_infinity=True
        )
        adam.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        adam.step()
        mean = 0.98 * mean + 0.02 * value.item()
        step += 1
        if step % 250 == 0:
            print(
                f"{step} {time.time() - begun:.0f}s loss {mean:.4f} {error(net, held[:800], symbols)[:160]}",
                flush=True,
            )
    print("held out:", error(net, held, symbols), flush=True)
    export(net, symbols, out)


def export(net: nn.Module, symbols: str, out: Path) -> None:
    net.eval()
    free = {0: torch.export.Dim("n", min=1, max=4096), 3: torch.export.Dim("w4", min=2, max=600) * 4}
    program = torch.onnx.export(
        net, (torch.zeros(2, 1, HEIGHT, 64),), dynamo=True, input_names=["crops"], output_names=["steps"],
        dynamic_shapes={"x": free}, external_data=False,
    )  # fmt: skip
    assert program is not None
    program.model.metadata_props["symbols"] = symbols
    program.save(str(out))
    strip(out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kept", type=Path, nargs="+", required=True)
    parser.add_argument("--held", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=18)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    letters = sorted(set(str(np.load(args.kept[0])["letters"]).translate(SAME)) - {OTHER})
    all_symbols = "".join(letters) + OTHER
    train(
        [c for p in args.kept for c in load(p, all_symbols)],
        load(args.held, all_symbols),
        all_symbols,
        args.minutes,
        args.out,
    )
