"""How a network learns: Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv 1711.05101).

In single precision and on one thread the same examples give the same bytes.

The loss is the sum over the levels of the pinball losses, max(p r, (p - 1) r) with r = target - answer, times the example's weight:
its minimum is at the quantiles. The step grows over the first tenth of the way and then falls to 0 along half a cosine. Some of the
hidden values are left out of each step, chosen anew (dropout).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from fits.learning_curve.meta.network import Floats, Network, sigmoid
from fits.learning_curve.quantiles import LEVELS

WIDTH, HIDDEN = 128, 3
EPOCHS, BATCH = 30, 1024
STEP, WARM_UP = 3e-3, 0.1
DECAY, DROPPED = 0.1, 0.2
MEMORY, SQUARES, TINY = 0.9, 0.999, 1e-8  # of Adam
START = 0.1  # the last layer begins near the plain quantiles of the targets

LEVEL = np.array(LEVELS, dtype=np.float32)


def learned(inputs: Floats, target: Floats, weight: Floats, seed: int) -> Network:
    """The network after `EPOCHS` passes over the examples.

    Parameters
    ----------
    inputs : (n, k), scaled; target, weight : (n,).
    seed : of the first weights, the order of the examples and what is left out.
    """
    rng = np.random.default_rng(seed)
    values = first_values(rng, inputs.shape[1], np.quantile(target, LEVELS))
    mean, square = ([np.zeros_like(v) for v in values] for _ in range(2))
    batches = list(_batches(rng, len(target)))
    for t, rows in enumerate(batches):
        size = _step(t / len(batches))
        slopes = gradient(values, inputs[rows], target[rows], weight[rows], rng)
        for v, m, s, slope in zip(values, mean, square, slopes, strict=True):
            m += np.float32(1.0 - MEMORY) * (slope - m)
            s += np.float32(1.0 - SQUARES) * (slope * slope - s)
            root = np.sqrt(s / np.float32(1.0 - SQUARES ** (t + 1))) + np.float32(TINY)
            v *= np.float32(1.0 - size * DECAY)
            v -= np.float32(size / (1.0 - MEMORY ** (t + 1))) * (m / root)
    return Network(tuple(values[::2]), tuple(values[1::2]))


def gradient(
    values: Sequence[Floats], inputs: Floats, target: Floats, weight: Floats, rng: np.random.Generator | None
) -> list[Floats]:
    """Slopes of the mean loss by the weights and biases, in their order. Without `rng` nothing is left out."""
    (first, shift), *hidden, (last, level) = zip(values[::2], values[1::2], strict=True)
    layers = [(first, shift), *hidden]
    h: list[Floats] = [inputs]
    bends, kept = [], []
    for k, (W, b) in enumerate(layers):
        a = h[-1] @ W + b
        sig = sigmoid(a)
        added = a * sig
        bends.append(sig + added * (1.0 - sig))  # s'(a)
        kept.append(_kept(rng, a.shape) if rng is not None and k < len(layers) - 1 else None)
        out = added if k == 0 else h[-1] + added
        h.append(out if kept[-1] is None else out * kept[-1])
    r = target[:, None] - (h[-1] @ last + level)
    back = np.where(r > 0.0, -LEVEL, np.float32(1.0) - LEVEL) * (weight / np.float32(len(target)))[:, None]
    slopes = [h[-1].T @ back, back.sum(axis=0)]
    down = back @ last.T
    for k in range(len(layers) - 1, -1, -1):
        if (left := kept[k]) is not None:
            down = down * left
        through = down * bends[k]
        slopes = [h[k].T @ through, through.sum(axis=0), *slopes]
        if k:
            down = down + through @ layers[k][0].T
    return slopes


def first_values(rng: np.random.Generator, inputs: int, quantiles: npt.NDArray[np.float64]) -> list[Floats]:
    """Weights within ± in^-1/2, biases 0; those of the last layer are the quantiles of the targets."""
    sizes = [inputs, *[WIDTH] * HIDDEN, len(LEVELS)]
    values: list[Floats] = []
    for into, out in itertools.pairwise(sizes):
        values += [(rng.uniform(-1.0, 1.0, (into, out)) / np.sqrt(into)).astype(np.float32), np.zeros(out, dtype=np.float32)]
    values[-2] *= np.float32(START)
    values[-1] += quantiles.astype(np.float32)
    return values


def _batches(rng: np.random.Generator, count: int) -> Iterator[npt.NDArray[np.int64]]:
    """Rows of each step; what is left over of a pass is left out."""
    size = min(BATCH, count)
    for _ in range(EPOCHS):
        order = rng.permutation(count)
        for k in range(count // size):
            yield order[k * size : (k + 1) * size]


def _kept(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """0 for what is left out; the rest is larger to make up for it."""
    return (rng.random(shape, dtype=np.float32) >= DROPPED).astype(np.float32) / np.float32(1.0 - DROPPED)


def _step(way: float) -> float:
    """The size of a step, `way` (0 to 1) through all of them."""
    if way < WARM_UP:
        return STEP * max(way / WARM_UP, 0.04)
    return STEP * 0.5 * (1.0 + float(np.cos(np.pi * (way - WARM_UP) / (1.0 - WARM_UP))))
