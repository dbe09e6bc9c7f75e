"""Set what each method foretells from the beginning of the curves beside what came out."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from fits.learning_curve.schema import Fit, Method, Options, Query
from fits.learning_curve.solver import fit, recommend

ROLES = {"tagger": "curve", "words": "x", "accuracy": "score"}
METHODS: list[Method] = ["trace", "meta", "families"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", type=Path)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.3, 0.4, 0.6], help="of the words, that are seen")
    args = parser.parse_args()
    log = pd.read_csv(args.log).rename(columns=ROLES)
    end = float(log["x"].max())
    print(f"{'tagger':<12}{'seen':>7}  {'method':<12}{'foretold':>8}  {'90% interval':<16}{'truth':>7}  {'inside':<8}MAPE after")
    for share in args.shares:
        seen, after = log[log["x"] <= share * end + 10], log[log["x"] > share * end + 10]  # a sample ends with a sentence
        fits = {method: fit(seen, Options(method=method, goal="max", low=0.0, high=1.0, horizon=end)) for method in METHODS}
        for name, rows in after.groupby("curve"):
            tagger, x = str(name), rows["x"].to_numpy(dtype=np.float64)
            truth = rows["score"].to_numpy(dtype=np.float64)
            start = f"{tagger:<12}{seen['x'].max():>7,.0f}  "
            for method, learned in fits.items():
                scores = [score for at in x if (score := _score(learned, tagger, at)) is not None]
                if not scores:
                    print(f"{start}{method:<12}cannot tell")
                    continue
                q = np.array(scores)
                low, middle, high = q[-1]
                inside = "yes" if low <= truth[-1] <= high else "no"
                print(
                    f"{start}{method:<12}{middle:>8.4f}  {f'{low:.4f} to {high:.4f}':<16}{truth[-1]:>7.4f}  {inside:<8}"
                    f"{_mape(q[:, 1], truth):.2f} %"
                )
            last = float(seen[seen["curve"] == name].sort_values("x")["score"].iloc[-1])
            print(f"{start}{'last value':<12}{last:>8.4f}  {'':<16}{truth[-1]:>7.4f}  {'':<8}{_mape(last, truth):.2f} %")


def _score(learned: Fit, tagger: str, at: float) -> tuple[float, float, float] | None:
    """Low, middle and high of a forecast; None where the method has none."""
    expected = recommend(learned, Query(at=at, curve=tagger))[0].expected
    return (expected["score"].low, expected["score"].mean, expected["score"].high) if expected else None


def _mape(foretold: np.ndarray | float, truth: np.ndarray) -> float:
    """Mean absolute error in per cent of the truth."""
    return float(100.0 * np.mean(np.abs(foretold - truth) / truth))


if __name__ == "__main__":
    main()
