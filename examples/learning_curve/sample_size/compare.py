"""Set what the advisor foretells from the beginning of the curves beside what came out."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from fits.learning_curve.schema import Advice, Options, Query
from fits.learning_curve.solver import fit, recommend

ROLES = {"model": "curve", "train_size": "x", "accuracy": "score", "se": "std"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seen", type=Path, help="log of the beginning")
    parser.add_argument("whole", type=Path, help="log up to the end")
    parser.add_argument("--target", type=float, default=0.95)
    parser.add_argument("--method", choices=["meta", "families", "trace"], default="meta")
    args = parser.parse_args()
    seen, whole = (pd.read_csv(path).rename(columns=ROLES) for path in (args.seen, args.whole))
    curves = {str(name): rows.sort_values("x") for name, rows in whole.groupby("curve")}
    end = float(whole["x"].max())
    truth = {name: float(rows["score"].iloc[-1]) for name, rows in curves.items()}
    now = {str(name): float(rows.sort_values("x")["score"].iloc[-1]) for name, rows in seen.groupby("curve")}

    learned = fit(seen, Options(method=args.method, goal="max", low=0.0, high=1.0, horizon=end))
    answers = recommend(learned, Query(at=end, target=args.target), count=len(truth))
    print(f"with {end:.0f} rows, foretold by {args.method} from {seen['x'].max():.0f}\n")
    print(f"{'model':<20}{'then':>8}{'foretold':>10}  {'90% interval':<16}{'truth':>7}  inside")
    errors, inside = [], []
    for answer in answers:
        name, score = str(answer.config["curve"]), answer.expected["score"]
        errors.append([abs(score.mean - truth[name]), abs(now[name] - truth[name])])
        inside.append(score.low <= truth[name] <= score.high)
        print(
            f"{name:<20}{now[name]:>8.4f}{score.mean:>10.4f}  {f'{score.low:.4f} to {score.high:.4f}':<16}"
            f"{truth[name]:>7.4f}  {'yes' if inside[-1] else 'no'}"
        )
    foretold, last = np.mean(errors, axis=0)
    print(f"\nmean error {foretold:.4f}, of the last value {last:.4f}; {sum(inside)} of {len(inside)} inside")
    best = max(truth, key=truth.__getitem__)
    picked, leading = str(answers[0].config["curve"]), max(now, key=now.__getitem__)
    print(f"best with all rows: {best}; foretold: {picked} ({truth[picked]:.4f}); then: {leading} ({truth[leading]:.4f})")

    print(f"\nrows for an accuracy of {args.target:g}\n")
    print(f"{'model':<20}{'foretold':>11}  {'90% interval':<16}{'truth':>8}")
    for answer in answers:
        name = str(answer.config["curve"])
        print(f"{name:<20}{_needs(answer)}{_rows(reached(curves[name], args.target), f'> {end:.0f}'):>8}")


def _needs(answer: Advice) -> str:
    needs = answer.needs
    assert needs is not None
    interval = f"{_rows(needs.low, '…')} to {_rows(needs.high, '…')}"
    return f"{_rows(needs.x, 'cannot tell'):>11}  {'' if needs.reached else interval:<16}"


def _rows(count: float | None, unknown: str) -> str:
    return unknown if count is None else f"{count:,.0f}"


def reached(curve: pd.DataFrame, target: float) -> float | None:
    """Where the curve first comes to the target, on straight lines in ln n between its sizes."""
    x, score = np.log(curve["x"].to_numpy(dtype=np.float64)), curve["score"].to_numpy(dtype=np.float64)
    above = np.flatnonzero(score >= target)
    if not above.size:
        return None
    i = int(above[0])
    return float(np.exp(x[0] if i == 0 else np.interp(target, score[i - 1 : i + 1], x[i - 1 : i + 1])))


if __name__ == "__main__":
    main()
