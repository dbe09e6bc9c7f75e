"""A network's linearisation around given weights as a Gaussian process: its mean and its kernel.

``m(x) = f*(x) - J(x) w*``, ``k(x, x') = J(x) S J(x')^T``.

With delta_l = df / da_l, and S diagonal with entries v_l for the rows of W_l and c_l for b_l, no Jacobian has to be formed::

    J(x) w* = sum_l delta_l . a_l(x),    k(x, x') = sum_l (delta_l . delta_l') (h_{l-1} . v_l h_{l-1}' + c_l)
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from fits.surrogates.prior import Coordinates


@dataclass(frozen=True)
class Linearisation:
    """At points of inputs ``n x columns``.

    Attributes
    ----------
    mean : m, ``n x 1``.
    hidden : ``sqrt(v_l) h_{l-1}`` and, as a last column, ``sqrt(c_l)``: each ``n x (in + 1)``.
    deltas : each ``n x out``.
    """

    mean: Tensor
    hidden: list[Tensor]
    deltas: list[Tensor]

    def grouped(self, shape: tuple[int, ...]) -> Linearisation:
        """The points as ``b x q`` instead of ``n``."""
        hidden, deltas = ([value.reshape(*shape, -1) for value in values] for values in (self.hidden, self.deltas))
        return Linearisation(self.mean.reshape(*shape, 1), hidden, deltas)


def linearise(coordinates: Coordinates, at: Tensor, inputs: Tensor) -> Linearisation:
    """Of the member `at` ``1 x size``, whose scales are S."""
    network, weights, scale = coordinates.network, coordinates.weights(at), coordinates.scale(coordinates.split(at)[1])
    values = network.forward(weights, inputs)
    deltas = network.deltas(weights, values, torch.ones_like(values[-1]))
    mean, hidden = values[-1][0], []
    for (W, b), (v, c), h, delta in zip(network.split(weights), network.split(scale), values[:-1], deltas, strict=True):
        mean = mean - ((h @ W + b) * delta).sum(-1)[0].unsqueeze(-1)
        hidden.append(torch.cat([h[0] * v[0, :, 0], c[0, :, :1].expand(h.shape[1], 1)], dim=-1))
    return Linearisation(mean, hidden, [delta[0] for delta in deltas])


def kernel(a: Linearisation, b: Linearisation) -> Tensor:
    """``… x n x m``"""
    layers = zip(a.hidden, a.deltas, b.hidden, b.deltas, strict=True)
    return torch.stack([(delta @ other_delta.mT) * (h @ other_h.mT) for h, delta, other_h, other_delta in layers]).sum(0)
