"""Inputs of a network: categorical dimensions as one column a level."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


def width(d: int, levels: Mapping[int, int]) -> int:
    """Number of columns that `one_hot` gives for `d` dimensions."""
    return d + sum(count - 1 for count in levels.values())


def one_hot(X: Tensor, levels: Mapping[int, int]) -> Tensor:
    """``... x d`` to ``... x width``: each categorical dimension becomes 0/1 columns in its place, the others stay."""
    if not levels:
        return X
    columns = []
    for i in range(X.shape[-1]):
        column = X[..., i : i + 1]
        if i in levels:
            column = (column.round() == torch.arange(levels[i], dtype=X.dtype, device=X.device)).to(X)
        columns.append(column)
    return torch.cat(columns, dim=-1)
