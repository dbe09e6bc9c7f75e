"""Train a tiny byte-level transformer on the source text of Python's standard library, and log its validation loss.

The text is what every Python has: the modules of the standard library, without its tests. Every tenth file is held out. The
model is a causal transformer (pre-norm, learned positions, tied embeddings), trained by AdamW on random windows of the text. The
log has one row each `--every` steps: the loss (nats per byte) on fixed held-out windows after that many updates, and the
learning rate of the next update.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

VOCAB = 129  # the ASCII bytes, and one for all others
WINDOW, BATCH, HELD_OUT_WINDOWS = 128, 8, 64
HEAD = 16  # width of an attention head
BETAS, WEIGHT_DECAY, CLIP = (0.9, 0.95), 0.1, 1.0
WARM_UP, DECAY = 0.05, 0.2  # shares of the steps
TESTS = {"test", "tests", "idle_test", "site-packages"}


def library_text() -> tuple[Tensor, Tensor]:
    """The bytes of the standard library's modules in random order: to train on, and held out."""
    root = Path(sysconfig.get_path("stdlib"))
    files = sorted(file for file in root.rglob("*.py") if not TESTS & set(file.relative_to(root).parts))
    random.Random(0).shuffle(files)
    parts = [files[i::10] for i in range(10)]
    held_out, *rest = (b"".join(file.read_bytes() for file in part) for part in parts)
    return tokens(b"".join(rest)), tokens(held_out)


def tokens(text: bytes) -> Tensor:
    return torch.frombuffer(bytearray(text), dtype=torch.uint8).long().clamp_(max=VOCAB - 1)


class Block(nn.Module):
    """Causal self-attention, then a feed-forward layer, each added to what goes through."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // HEAD
        self.before_attention, self.before_mlp = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        qkv = self.query_key_value(self.before_attention(x)).view(batch, length, 3, self.heads, HEAD)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        y: Tensor = self.mlp(self.before_mlp(x))
        return x + y


class Transformer(nn.Module):
    """A causal language model of bytes."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(VOCAB, width)
        self.position = nn.Parameter(0.02 * torch.randn(WINDOW, width))
        self.blocks = nn.Sequential(*(Block(width) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        nn.init.normal_(self.embed.weight, std=0.02)

    def forward(self, windows: Tensor) -> Tensor:
        """Mean cross-entropy of each byte given those before it; windows (batch, WINDOW + 1)."""
        x = self.norm(self.blocks(self.embed(windows[:, :-1]) + self.position))
        logits = x @ self.embed.weight.T
        return F.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten())


def cosine(t: float) -> float:
    """Learning rate in shares of its peak at the share t of the steps: warm-up, then half a cosine down to a tenth."""
    if t < WARM_UP:
        return t / WARM_UP
    return 0.1 + 0.9 * 0.5 * (1.0 + math.cos(math.pi * (t - WARM_UP) / (1.0 - WARM_UP)))


def wsd(t: float) -> float:
    """Warm-up, stable, and a straight decay to zero over the last fifth."""
    return min(1.0, t / WARM_UP, (1.0 - t) / DECAY)


SCHEDULES: dict[str, Callable[[float], float]] = {"cosine": cosine, "wsd": wsd}


def windows_of(text: Tensor, starts: Tensor) -> Tensor:
    return text[starts[:, None] + torch.arange(WINDOW + 1)]


def train(
    model: Transformer, schedule: Callable[[float], float], peak: float, steps: int, every: int
) -> list[tuple[int, float, float]]:
    """Rows of the log: updates done, learning rate of the next one, validation loss."""
    text, held_out = library_text()
    fixed = windows_of(held_out, torch.linspace(0, len(held_out) - WINDOW - 1, HELD_OUT_WINDOWS).long())
    draw = torch.Generator().manual_seed(1)
    optimiser = torch.optim.AdamW(model.parameters(), lr=peak, betas=BETAS, weight_decay=WEIGHT_DECAY)
    rows, start = [], time.perf_counter()
    for step in range(steps + 1):
        rate = peak * schedule(step / steps)
        if step % every == 0:
            with torch.no_grad():
                rows.append((step, rate, float(model(fixed))))
            print(f"{time.perf_counter() - start:6.1f} s  step {step}: loss {rows[-1][2]:.4f}", file=sys.stderr)
        if step < steps:
            optimiser.param_groups[0]["lr"] = rate
            optimiser.zero_grad()
            model(windows_of(text, torch.randint(len(text) - WINDOW, (BATCH,), generator=draw))).backward()
            nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            optimiser.step()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--schedule", choices=SCHEDULES, default="cosine")
    parser.add_argument("--lr", type=float, default=3e-3, help="peak learning rate")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--every", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)

    model = Transformer(args.width, args.layers)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters", file=sys.stderr)
    rows = train(model, SCHEDULES[args.schedule], args.lr, args.steps, args.every)
    with args.out.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["step", "lr", "loss"])
        writer.writerows((step, f"{rate:.6g}", f"{loss:.5f}") for step, rate, loss in rows)


if __name__ == "__main__":
    main()
