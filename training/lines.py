"""Trains the ruling-line network: grey page in, two masks out (rules across, rules down).

    python -m training.pages --pdfs DIR --out CACHE --pages 640
    python -m training.lines --cache CACHE --minutes 12 --out models/weights/lines.onnx

Needs torch and onnx (training only).  Runs on one thread; the first 40 pages of the cache are held out and
its error is printed: recall and precision of rule pixels within 2 px, at three thresholds.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from training.bare import strip

PATCH, BATCH = 448, 4


class Strip(nn.Module):
    """Looks far along a rule and across it, little elsewhere."""

    def __init__(self, width: int, reach: int) -> None:
        super().__init__()
        self.across = nn.Conv2d(width, width, (1, reach), padding=(0, reach // 2), groups=width)
        self.down = nn.Conv2d(width, width, (reach, 1), padding=(reach // 2, 0), groups=width)
        self.mix = nn.Conv2d(3 * width, width, 1)
        self.local = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        seen = torch.cat([x, self.across(x), self.down(x)], 1)
        return x + self.local(F.relu(self.mix(F.relu(seen))))


class Lines(nn.Module):
    """Quarter and eighth resolution with strips, back to full by shuffling channels into pixels."""

    def __init__(self, near: int = 24, far: int = 48) -> None:
        super().__init__()
        self.stem = nn.Conv2d(16, near, 3, padding=1)
        self.first = Strip(near, 9)
        self.shrink = nn.Conv2d(near, far, 3, stride=2, padding=1)
        self.deep = nn.Sequential(Strip(far, 15), Strip(far, 15), Strip(far, 15))
        self.grow = nn.Conv2d(far, near, 1)
        self.last = Strip(near, 9)
        self.head = nn.Conv2d(near, 32, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        near = self.first(F.relu(self.stem(F.pixel_unshuffle(x, 4))))
        far = self.deep(F.relu(self.shrink(near)))
        wide = F.interpolate(self.grow(far), scale_factor=2.0, mode="nearest")
        return torch.sigmoid(F.pixel_shuffle(self.head(self.last(near + wide)), 4))


class DeployedStrip(nn.Module):
    """A Strip of `blocks` channels, its mix as a sum: no copy of what is mixed."""

    def __init__(self, width: int, reach: int) -> None:
        super().__init__()
        self.across = nn.Conv2d(width, width, (1, reach), padding=(0, reach // 2), groups=width)
        self.down = nn.Conv2d(width, width, (reach, 1), padding=(reach // 2, 0), groups=width)
        self.mix_own = nn.Conv2d(width, width, 1)
        self.mix_across = nn.Conv2d(width, width, 1, bias=False)
        self.mix_down = nn.Conv2d(width, width, 1, bias=False)
        self.local = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        beside = self.mix_across(F.relu(self.across(x))) + self.mix_own(F.relu(x))
        return x + self.local(F.relu(self.mix_down(F.relu(self.down(x))) + beside))


class Deployed(nn.Module):
    """What `Lines` computes (to 2 in a million), as onnxruntime likes it: channels in whole blocks of 16, no copies
    between layouts, the shuffled pixels and the first convolution as one.  72 ms a page instead of 88."""

    BLOCK = 16

    def __init__(self, net: Lines) -> None:
        super().__init__()
        old = net.state_dict()
        narrow, far = old["stem.weight"].shape[0], old["shrink.weight"].shape[0]
        near = -(-narrow // self.BLOCK) * self.BLOCK
        self.stem = nn.Conv2d(1, near, 12, stride=4, padding=4)
        self.first = DeployedStrip(near, 9)
        self.shrink = nn.Conv2d(near, far, 3, stride=2, padding=1)
        self.deep = nn.Sequential(*(DeployedStrip(far, 15) for _ in range(3)))
        self.grow = nn.Conv2d(far, near, 1)
        self.last = DeployedStrip(near, 9)
        self.head = nn.Conv2d(near, 32, 1)
        # Channel 4i + j of the shuffled page is row i and column j of every square of sixteen pixels.
        taps = old.pop("stem.weight").reshape(narrow, 4, 4, 3, 3).permute(0, 3, 1, 4, 2)
        old["stem.weight"] = taps.reshape(narrow, 1, 12, 12)
        for name in [n for n in old if n.endswith("mix.weight")]:
            parts = old.pop(name).chunk(3, dim=1)
            stem = name.removesuffix(".weight")
            for part, weight in zip(("own", "across", "down"), parts, strict=True):
                old[f"{stem}_{part}.weight"] = weight
            old[f"{stem}_own.bias"] = old.pop(f"{stem}.bias")
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                parameter.zero_()
                parameter[tuple(slice(0, n) for n in old[name].shape)] = old[name]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        near = self.first(F.relu(self.stem(x)))
        far = self.deep(F.relu(self.shrink(near)))
        wide = F.interpolate(self.grow(far), scale_factor=2.0, mode="nearest")
        return F.pixel_shuffle(torch.sigmoid(self.head(self.last(near + wide))), 4)


def load(path: Path) -> tuple[np.ndarray, np.ndarray]:
    kept = np.load(path)
    return kept["image"], kept["masks"]


def patch(image: np.ndarray, masks: np.ndarray, rng: random.Random) -> tuple[np.ndarray, np.ndarray]:
    """A square somewhere with rules (mostly), turned and mirrored at random."""
    height, width = image.shape
    y, x = rng.randrange(max(1, height - PATCH)), rng.randrange(max(1, width - PATCH))
    for _ in range(3):
        if masks[:, y : y + PATCH, x : x + PATCH].any():
            break
        y, x = rng.randrange(max(1, height - PATCH)), rng.randrange(max(1, width - PATCH))
    part, truth = image[y : y + PATCH, x : x + PATCH], masks[:, y : y + PATCH, x : x + PATCH]
    low = (PATCH - part.shape[0], PATCH - part.shape[1])
    part = np.pad(part, ((0, low[0]), (0, low[1])), mode="edge")
    truth = np.pad(truth, ((0, 0), (0, low[0]), (0, low[1])))
    if rng.random() < 0.5:
        part, truth = part[:, ::-1], truth[:, :, ::-1]
    if rng.random() < 0.5:
        part, truth = part[::-1], truth[:, ::-1]
    if rng.random() < 0.35:
        part, truth = part.T, truth[::-1].transpose(0, 2, 1)
    if rng.random() < 0.3:
        part = np.clip(part.astype(np.float32) * rng.uniform(0.6, 1) + rng.uniform(0, 60), 0, 255).astype(
            np.uint8
        )
    return np.ascontiguousarray(part), np.ascontiguousarray(truth)


def tensors(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[torch.Tensor, torch.Tensor]:
    images = torch.from_numpy(np.stack([p for p, _ in parts])).float()[:, None] / 255
    return images, torch.from_numpy(np.stack([t for _, t in parts])).float() / 255


def loss(guess: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    entropy = F.binary_cross_entropy(guess.clamp(1e-5, 1 - 1e-5), truth, weight=1 + 4 * truth)
    overlap = (guess * truth).sum((2, 3)) + 20
    dice = 1 - 2 * overlap / (guess.pow(2).sum((2, 3)) + truth.pow(2).sum((2, 3)) + 40)
    return entropy + 0.5 * dice.mean()


def error(net: nn.Module, held: list[Path]) -> str:
    """Recall and precision of rule pixels within 2 px."""
    kernel = np.ones((5, 5), np.uint8)
    sums = np.zeros((3, 4))
    net.eval()
    with torch.no_grad():
        for path in held:
            image, masks = load(path)
            height, width = (s // 8 * 8 for s in image.shape)
            guess = net(torch.from_numpy(image[:height, :width]).float()[None, None] / 255)[0].numpy()
            truth = (masks[:, :height, :width] > 127).astype(np.uint8)
            for i, level in enumerate((0.3, 0.5, 0.7)):
                seen = (guess > level).astype(np.uint8)
                for t, s in zip(truth, seen, strict=True):
                    sums[i] += (
                        (t & cv2.dilate(s, kernel)).sum(), t.sum(),
                        (s & cv2.dilate(t, kernel)).sum(), s.sum(),
                    )  # fmt: skip
    net.train()
    return "  ".join(
        f"{level}: recall {a / b:.4f} precision {c / max(1, d):.4f}"
        for level, (a, b, c, d) in zip((0.3, 0.5, 0.7), sums, strict=True)
    )


def train(cache: Path, minutes: float, out: Path, start: Path | None) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    rng = random.Random(1)
    torch.manual_seed(1)
    files = sorted(cache.glob("*.npz"))
    held, kept = files[:40], files[40:]
    net = Lines()
    if start:
        net.load_state_dict(torch.load(start))
    print(sum(p.numel() for p in net.parameters()), "parameters,", len(kept), "pages", flush=True)
    adam = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-4)
    begun, step, mean = time.time(), 0, 0.0
    pool: list[tuple[np.ndarray, np.ndarray]] = []
    while (share := (time.time() - begun) / (60 * minutes)) < 1:
        for group in adam.param_groups:
            group["lr"] = (2e-3 if start else 3e-3) * min(1, (step + 1) / 50) * max(0.02, (1 - share) ** 1.2)
        while len(pool) < 64:  # three patches of every page read: reading costs as much as a step
            image, masks = load(rng.choice(kept))
            pool += [patch(image, masks, rng) for _ in range(3)]
        rng.shuffle(pool)
        images, truth = tensors([pool.pop() for _ in range(BATCH)])
        value = loss(net(images), truth)
        adam.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        adam.step()
        mean = 0.98 * mean + 0.02 * value.item()
        step += 1
        if step % 100 == 0:
            print(f"{step} {time.time() - begun:.0f}s loss {mean / (1 - 0.98**step):.4f}", flush=True)
        if step % 200 == 0:  # the cache may still be growing
            kept = sorted(cache.glob("*.npz"))[40:-1]
        if step % 500 == 0:
            print(error(net, held[:12]), flush=True)
    print("held out:", error(net, held), flush=True)
    torch.save(net.state_dict(), out.with_suffix(".pt"))
    export(net, out)


def export(trained: Lines, out: Path) -> None:
    net = Deployed(trained).eval()
    sides = {2: torch.export.Dim("h8", min=8, max=600) * 8, 3: torch.export.Dim("w8", min=8, max=600) * 8}
    program = torch.onnx.export(
        net, (torch.zeros(1, 1, 256, 320),), dynamo=True, input_names=["page"], output_names=["masks"],
        dynamic_shapes={"x": sides}, external_data=False,
    )  # fmt: skip
    assert program is not None
    program.save(str(out))
    strip(out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="weights (.pt) to go on from")
    args = parser.parse_args()
    train(args.cache, args.minutes, args.out, args.start)
