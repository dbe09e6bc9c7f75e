"""Foretell the end of each larger run from its beginning, with and without its learning rates, and set the truth beside it.

The small run is known to its end. Of the larger ones only the beginning is shown, and the learning rates that are planned.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from fits.learning_curve.schema import Method, Options, Query
from fits.learning_curve.solver import fit, recommend

ROLES = {"step": "x", "lr": "learning_rate", "loss": "score"}
HERE = Path(__file__).parent
METHODS: list[Method] = ["lr-aware", "meta", "families"]
SHARES = (0.25, 0.5, 0.75)
FINISHED = [("cosine", ["small"]), ("wsd", ["small"]), ("wsd", ["small", "cosine"])]  # runs, and those finished before


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(HERE / f"{name}.csv").rename(columns=ROLES).assign(curve=name)


def main() -> None:
    for name, finished in FINISHED:
        run = read(name)
        end, truth = float(run["x"].iloc[-1]), float(run["score"].iloc[-1])
        print(f"{name}, after {' and '.join(finished)}: {truth:.4f} in the end\n")
        print(f"{'seen':>4}  {'method':<12}{'foretold':>8}  {'90% interval':<18}{'error':>7}  inside")
        for share in SHARES:
            seen, ahead = run[run["x"] <= share * end], run[run["x"] > share * end]
            log = pd.concat([*map(read, finished), seen], ignore_index=True)
            plan = {str(x): float(rate) for x, rate in zip(ahead["x"], ahead["learning_rate"], strict=True)}
            for method in METHODS if len(finished) == 1 else METHODS[:1]:  # the others look at one run only
                learned = fit(
                    log, Options(method=method, goal="min", low=0.0, horizon=end, plan=plan if method == "lr-aware" else {})
                )
                score = recommend(learned, Query(at=end, curve=name))[0].expected["score"]
                interval, inside = f"{score.low:.4f} to {score.high:.4f}", "yes" if score.low <= truth <= score.high else "no"
                print(f"{share:>4.0%}  {method:<12}{score.mean:>8.4f}  {interval:<18}{score.mean - truth:>+7.4f}  {inside}")
            last = float(seen["score"].iloc[-1])
            print(f"{share:>4.0%}  {'last value':<12}{last:>8.4f}  {'':<18}{last - truth:>+7.4f}")
        print()


if __name__ == "__main__":
    main()
