"""Train a few hundred tiny language models over width × tokens × learning rate × batch size and log them as CSV.

The text is drawn from a fixed random language (64 symbols, the next one depends on the last eight through a wide
random network), so nothing is downloaded and no token is seen twice. The models are small causal language models:
token embeddings, one layer mixing the last eight positions, residual MLP blocks, an output layer. All learning rates
of one batch size are trained at once as stacked weights (torch.bmm), on the same tokens from the same initial weights.
The loss is the cross-entropy (nats per token) on one fixed held-out set after the last step.
"""

import argparse
import csv
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

VOCAB, CONTEXT, SEQ_LEN, LAYERS = 64, 8, 16, 2
HELD_OUT_SEQUENCES = 2048
BETAS, EPS, WEIGHT_DECAY = (0.9, 0.95), 1e-8, 0.1
WARMUP, MIN_LR = 0.05, 1e-5
LR_STEPS, BATCH_STEPS = 6, 4
COLUMNS = ["params", "tokens", "lr", "batch_sequences", "seq_len", "width", "layers", "schedule", "loss", "seed"]


@dataclass(frozen=True)
class Cell:
    """One model size and token budget, with the lowest learning rate and batch size of its grid (both double)."""

    width: int
    tokens: int
    lowest_lr: float
    lowest_batch: int

    def lrs(self) -> list[float]:
        return [self.lowest_lr * 2**i for i in range(LR_STEPS)]

    def batches(self) -> list[int]:
        return [self.lowest_batch * 2**i for i in range(BATCH_STEPS)]


CELLS = [
    # lowest rates and batches chosen from a short pilot, to have each cell's best run inside its grid
    Cell(16, 2**15, 8e-3, 1),
    Cell(16, 2**16, 6e-3, 2),
    Cell(16, 2**17, 5e-3, 4),
    Cell(16, 2**18, 4e-3, 8),
    Cell(28, 2**15, 4e-3, 1),
    Cell(28, 2**16, 3.5e-3, 2),
    Cell(28, 2**17, 3e-3, 4),
    Cell(28, 2**18, 2.5e-3, 8),
    Cell(48, 2**15, 2.4e-3, 1),
    Cell(48, 2**16, 2e-3, 2),
    Cell(48, 2**17, 1.7e-3, 4),
    Cell(48, 2**18, 1.4e-3, 8),
]


def make_language(sequences: int, seed: int) -> Tensor:
    """Sequences of the random language, each CONTEXT tokens to look back on and SEQ_LEN tokens to predict."""
    random = torch.Generator().manual_seed(seed)
    hidden, dim = 256, 24
    symbols = torch.randn(VOCAB, dim, generator=random)
    fade = 0.6 ** torch.arange(CONTEXT).flip(0).float()  # the nearest symbol matters most
    mix = torch.randn(CONTEXT, dim, hidden, generator=random) * (fade / (fade.norm() * dim**0.5))[:, None, None]
    out = torch.randn(hidden, VOCAB, generator=random) * (3.0 / hidden**0.5)
    bias = -torch.log(torch.arange(1, VOCAB + 1).float())  # some symbols are frequent, most are rare
    tables = torch.einsum("vd,cdh->cvh", symbols, mix)
    burn_in = 2 * CONTEXT
    text = torch.randint(VOCAB, (sequences, burn_in + CONTEXT + SEQ_LEN), generator=random)
    for part in text.split(1024):  # small enough for the processor's cache
        for i in range(CONTEXT, text.shape[1]):
            seen = sum(tables[c].index_select(0, part[:, i - CONTEXT + c]) for c in range(CONTEXT))
            chances = torch.softmax(torch.tanh(2.0 * seen) @ out + bias, dim=-1).cumsum(-1)
            draw = torch.rand(len(part), 1, generator=random)
            part[:, i] = torch.searchsorted(chances, draw).squeeze(1).clamp_(max=VOCAB - 1)
    return text[:, burn_in:]


def initial_weights(width: int, runs: int, seed: int) -> dict[str, Tensor]:
    """The same random weights for each of the stacked runs."""
    random = torch.Generator().manual_seed(seed)
    shapes = {"embed": (VOCAB, width), "mix": (CONTEXT * width, width)}
    for layer in range(LAYERS):
        shapes |= {f"up{layer}": (width, 4 * width), f"down{layer}": (4 * width, width)}
    shapes["head"] = (width, VOCAB)
    weights = {}
    for name, shape in shapes.items():
        scale = 1.0 if name == "embed" else shape[0] ** -0.5
        one = torch.randn(shape, generator=random) * scale
        weights[name] = one.expand(runs, *shape).clone().requires_grad_()
    return weights


def count_params(weights: dict[str, Tensor]) -> int:
    """Parameters of one run, without token embedding and output layer."""
    return sum(w[0].numel() for name, w in weights.items() if name not in ("embed", "head"))


def losses_of(weights: dict[str, Tensor], text: Tensor) -> Tensor:
    """Mean cross-entropy of each stacked run over the predicted tokens of these sequences."""
    runs, _, width = weights["embed"].shape
    windows = text[:, :-1].unfold(1, CONTEXT, 1).reshape(-1)
    targets = text[:, CONTEXT:].reshape(-1)
    x = weights["embed"].index_select(1, windows).view(runs, -1, CONTEXT * width)
    x = torch.bmm(x, weights["mix"])
    for layer in range(LAYERS):
        x = x + torch.bmm(F.relu(torch.bmm(F.rms_norm(x, (width,)), weights[f"up{layer}"])), weights[f"down{layer}"])
    logits = torch.bmm(F.rms_norm(x, (width,)), weights["head"])
    each = F.cross_entropy(logits.view(-1, VOCAB), targets.repeat(runs), reduction="none")
    return each.view(runs, -1).mean(1)


def schedule(step: int, steps: int, peak: Tensor) -> Tensor:
    """Linear warm-up to the peak, then a cosine down to MIN_LR."""
    warmup = max(1, round(WARMUP * steps))
    if step < warmup:
        return peak * (step + 1) / warmup
    return MIN_LR + (peak - MIN_LR) * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))


def train(cell: Cell, batch: int, text: Tensor, held_out: Tensor, seed: int) -> tuple[int, list[float]]:
    """Train every learning rate of the cell at this batch size; the parameter count and the final losses."""
    peak = torch.tensor(cell.lrs())
    weights = initial_weights(cell.width, len(peak), seed)
    moments = [(w, torch.zeros_like(w), torch.zeros_like(w)) for w in weights.values()]
    steps = cell.tokens // (batch * SEQ_LEN)
    for step in range(steps):
        losses = losses_of(weights, text[step * batch : (step + 1) * batch])
        grads = torch.autograd.grad(losses.sum(), list(weights.values()))
        lr = schedule(step, steps, peak).view(-1, 1, 1)
        correct1, correct2 = (1 - beta ** (step + 1) for beta in BETAS)
        with torch.no_grad():
            for (w, first, second), grad in zip(moments, grads, strict=True):
                first.lerp_(grad, 1 - BETAS[0])
                second.mul_(BETAS[1]).addcmul_(grad, grad, value=1 - BETAS[1])
                w.mul_(1 - lr * WEIGHT_DECAY)
                w.sub_(lr / correct1 * first / (second / correct2).sqrt_().add_(EPS))
    with torch.no_grad():
        return count_params(weights), losses_of(weights, held_out).tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("sweep.csv"))
    parser.add_argument("--quick", action="store_true", help="only the four cheapest cells, under a minute")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)

    start = time.perf_counter()
    cells = sorted(CELLS, key=lambda c: c.width**2 * c.tokens)[:4] if args.quick else CELLS
    sequences = max(cell.tokens for cell in CELLS) // SEQ_LEN  # the language does not change with --quick
    text = make_language(HELD_OUT_SEQUENCES + sequences, args.seed)
    held_out, text = text[:HELD_OUT_SEQUENCES], text[HELD_OUT_SEQUENCES:]
    rows = []
    for cell in cells:
        for batch in cell.batches():
            params, losses = train(cell, batch, text, held_out, args.seed)
            for lr, loss in zip(cell.lrs(), losses, strict=True):
                row = [params, cell.tokens, f"{lr:.6g}", batch, SEQ_LEN, cell.width, LAYERS, "cosine", f"{loss:.5f}", args.seed]
                rows.append(row)
            seconds = time.perf_counter() - start
            best = min(losses)
            print(f"{seconds:6.1f} s  N={params} D={cell.tokens} batch={batch}: best loss {best:.4f}", file=sys.stderr)
    rows.sort(key=lambda row: (row[0], row[1], row[3], float(row[2])))
    with args.out.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
