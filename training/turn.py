"""Trains the network that tells which way up a piece of text stands (0, 90, 180, 270 degrees).

    python -m training.turn --cache CACHE --minutes 5 --out models/weights/turn.onnx

CACHE is that of training.pages: damaged pages at the line network's scale, all upright.
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

from training.bare import strip

SIDE = 96


class Turn(nn.Module):
    """A patch in, four classes out: quarter turns clockwise that the text was turned by."""

    def __init__(self) -> None:
        super().__init__()

        def block(a: int, b: int, stride: int) -> nn.Sequential:
            return nn.Sequential(
                nn.Conv2d(a, b, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU()
            )

        self.body = nn.Sequential(
            block(1, 16, 2),
            block(16, 32, 1),
            block(32, 32, 2),
            block(32, 48, 1),
            block(48, 64, 2),
            block(64, 64, 1),
        )
        self.head = nn.Linear(64, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        seen = self.body(1 - x)
        return self.head((seen.amax((2, 3)) + seen.mean((2, 3))) * 0.5)


def patches(path: Path, rng: random.Random, count: int) -> list[np.ndarray]:
    """Pieces of a page with text in them."""
    kept = np.load(path)
    image, masks = kept["image"], kept["masks"]
    out: list[np.ndarray] = []
    for _ in range(count * 6):
        y, x = rng.randrange(image.shape[0] - SIDE), rng.randrange(image.shape[1] - SIDE)
        part = image[y : y + SIDE, x : x + SIDE].astype(np.float32)
        dark = part < np.percentile(part, 90) * 0.72
        if 0.03 < dark.mean() - (masks[:, y : y + SIDE, x : x + SIDE].max(0) > 90).mean() < 0.4:
            out.append(part)
        if len(out) == count:
            break
    return out


def draw(paths: list[Path], rng: random.Random, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    crops: list[np.ndarray] = []
    turns: list[int] = []
    while len(crops) < count:
        for part in patches(rng.choice(paths), rng, 16):
            k = rng.randrange(4)
            low, high = np.percentile(part, (2, 90))
            part = np.clip((part - low) / max(20.0, high - low), 0, 1) if rng.random() < 0.8 else part / 255
            crops.append(np.ascontiguousarray(np.rot90(part, -k)).astype(np.float32))
            turns.append(k)
    return torch.from_numpy(np.stack(crops[:count]))[:, None], torch.tensor(turns[:count])


def train(cache: Path, minutes: float, out: Path) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(1)
    rng = random.Random(1)
    files = sorted(cache.glob("*.npz"))
    held, kept = files[:40], files[40:]
    net = Turn()
    adam = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-3)
    begun, step = time.time(), 0
    pool = draw(kept, rng, 2048)
    while (share := (time.time() - begun) / (60 * minutes)) < 1:
        for group in adam.param_groups:
            group["lr"] = 2e-3 * max(0.02, 1 - share)
        picked = torch.randint(len(pool[0]), (64,))
        value = F.cross_entropy(net(pool[0][picked]), pool[1][picked])
        adam.zero_grad()
        value.backward()
        adam.step()
        step += 1
        if step % 100 == 0:
            pool = draw(kept, rng, 2048)
            print(f"{step} {time.time() - begun:.0f}s loss {value.item():.3f}", flush=True)
    net.eval()
    with torch.no_grad():
        crops, turns = draw(held, rng, 2000)
        print("held out: right", (net(crops).argmax(1) == turns).float().mean().item(), flush=True)
    program = torch.onnx.export(
        net, (torch.zeros(2, 1, SIDE, SIDE),), dynamo=True, input_names=["patches"], output_names=["turns"],
        dynamic_shapes={"x": {0: torch.export.Dim("n", min=1, max=512)}}, external_data=False,
    )  # fmt: skip
    assert program is not None
    program.save(str(out))
    strip(out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    train(args.cache, args.minutes, args.out)
