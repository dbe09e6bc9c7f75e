"""The regret of each run as a picture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8c6d00", "#56b4e9", "#7a4fbf")  # Okabe and Ito's, for every eye
GREY = {"best fixed": "#666666", "ω = 1": "#a0a0a0", "Young": "#000000"}
POINTS = 400  # of a line
APART = 0.045  # of the height, between two labels


def plot_regret(path: str, title: str, runs: Mapping[str, NDArray[np.int64]], optimal: NDArray[np.int64]) -> None:
    """Draw iterations spent beyond the best omega of each step, against the number of solves.

    Parameters
    ----------
    path : .svg, .png or whatever matplotlib writes.
    runs : iterations of each solve, by name.
    optimal : those of the best omega of each solve.
    """
    try:
        import matplotlib
    except ImportError as missing:
        raise ImportError("pictures are drawn by matplotlib: pip install 'matplotlib>=3.9'") from missing
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "sor", "font.size": 10, "font.family": "sans-serif"})
    figure, axes = plt.subplots(figsize=(7.2, 4.4), layout="constrained")
    solves = np.arange(1, len(optimal) + 1)
    shown = np.unique(np.geomspace(1, len(solves), POINTS).round().astype(int)) - 1
    ends: dict[str, tuple[float, str]] = {}
    for name, iterations in runs.items():
        regret = np.maximum(np.cumsum(iterations - optimal), 1)
        colour = GREY.get(name) or COLOURS[len(ends.keys() - GREY.keys()) % len(COLOURS)]
        axes.plot(solves[shown], regret[shown], color=colour, linewidth=1.6, linestyle="--" if name in GREY else "-")
        ends[name] = (float(regret[-1]), colour)
    axes.set(
        xscale="log",
        yscale="log",
        xlim=(1, len(solves)),
        xlabel="linear systems solved",
        ylabel="iterations in excess of the best ω, summed",
    )
    axes.set_ylim(bottom=max(1.0, axes.get_ylim()[0]))
    axes.set_title(title, loc="left", fontsize=10)
    axes.grid(which="major", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    height = -1.0
    for name, (last, colour) in sorted(ends.items(), key=lambda end: end[1][0]):
        at = float(axes.transAxes.inverted().transform(axes.transData.transform((len(solves), last)))[1])
        height = max(at, height + APART)
        axes.annotate(name, (1.01, height), xycoords="axes fraction", va="center", color=colour, annotation_clip=False)
    figure.savefig(path, dpi=150, metadata={"Date": None} if path.endswith(".svg") else None)
    plt.close(figure)
