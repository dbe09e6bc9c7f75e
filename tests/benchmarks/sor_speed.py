"""How long a decision takes, in process and through `advisor serve sor`, and a sweep beside a matrix-vector product.

    python tests/benchmarks/sor_speed.py [--quick]

Medians. NumPy's threads are switched off. The sweep is measured beside SciPy's A @ x and pyamg's SOR (extra: benchmark), taking
turns, so that whatever else the machine does hits all of them.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "examples" / "sor"))

from markdown import print_head, print_row  # noqa: E402
from sequences import five_point  # noqa: E402

from fits.sor import Policy  # noqa: E402
from fits.sor.relax import Relaxation, young  # noqa: E402

METHODS = ("gp-ts", "tsallis-inf", "tsallis-inf-rv", "tsallis-inf-cb", "chebcb", "greedy", "uniform", "fixed")
SAMPLE = 2000  # decisions around each mark
SIDE, SWEEPS, ROUNDS = 512, 50, 9
RADIUS = float(np.cos(np.pi / 11))


def contexts(seed: int = 0) -> Iterator[float]:
    """Shifts of the paper's "hv" sequence."""
    rng = np.random.default_rng(seed)
    while True:
        yield from (-0.15 + 0.6 * rng.beta(0.5, 1.5, 1000)).tolist()


def cost(c: float, omega: float) -> float:
    """Iterations as the theory has them: ln 1e-8 by the rate of SOR on a 5-point grid with shift c."""
    best = young(4.0 * RADIUS / (4.0 + c))
    return round(20.0 / (2.0 - omega) + (0.0 if omega >= best else 300.0 * (best - omega)))


def decide(method: str, marks: list[int]) -> tuple[list[float], list[float], list[float]]:
    """Median µs, mean µs and MB of resident memory around each mark, in solves."""
    policy = Policy(method, contexts=["c"], interval=(-0.15, 0.45))  # type: ignore[arg-type]
    shifts, medians, means, memory = contexts(), [], [], []
    taken: list[float] = []
    for solve in range(1, marks[-1] + 1):
        c = next(shifts)
        start = perf_counter()
        id_, omega = policy.ask({"c": c})
        between = perf_counter()
        paid = cost(c, omega)
        told = perf_counter()
        policy.tell(id_, paid)
        taken.append(between - start + perf_counter() - told)
        if solve in marks:
            last = taken[-SAMPLE:] if solve > 100 else taken[20:]  # the first ones load what is compiled
            medians.append(1e6 * statistics.median(last))
            means.append(1e6 * statistics.fmean(last))
            memory.append(resident())
            taken = []
        elif len(taken) > 2 * SAMPLE:
            del taken[:SAMPLE]
    return medians, means, memory


def resident() -> float:
    """MB now."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def decisions(marks: list[int]) -> None:
    print("\n## One decision and its update in process, µs: median (mean)\n")
    print_head("policy", *(f"at {mark:,}" for mark in marks), f"MB more from {marks[0]:,} to {marks[-1]:,}")
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for method in METHODS:
            medians, means, memory = pool.apply(decide, (method, marks))
            cells = [f"{median:.1f} ({mean:.1f})" for median, mean in zip(medians, means, strict=True)]
            print_row(method, *cells, f"{memory[-1] - memory[0]:+.1f}")


def through_serve(solves: int) -> None:
    print("\n## The same through the pipe of `advisor serve sor`, µs a solve: median (95th percentile)\n")
    if hasattr(os, "sched_setaffinity"):  # waking up the other core takes as long as `cat` does, and varies more than we do
        print("Client and server on one core.\n")
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    echo()
    print_head("protocol", "µs")
    command = [sys.executable, "-m", "advisor", "serve", "sor", "--contexts", "c", "--quiet"]
    for combined in (False, True):
        shifts, taken = contexts(), []
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as advisor:

            def send(line: dict[str, object], advisor: subprocess.Popen[bytes] = advisor) -> tuple[dict[str, float], float]:
                assert advisor.stdin is not None
                assert advisor.stdout is not None
                data = json.dumps(line).encode() + b"\n"
                start = perf_counter()
                advisor.stdin.write(data)
                advisor.stdin.flush()
                reply = advisor.stdout.readline()
                return json.loads(reply), perf_counter() - start

            c = next(shifts)
            advice, _ = send({"ask": {"c": c}})
            for _ in range(solves):
                outcome = {"id": advice["id"], "cost": cost(c, advice["omega"])}
                c = next(shifts)
                if combined:
                    advice, seconds = send({"tell": outcome, "ask": {"c": c}})
                else:
                    _, seconds = send({"tell": outcome})
                    advice, more = send({"ask": {"c": c}})
                    seconds += more
                taken.append(1e6 * seconds)
            assert advisor.stdin is not None
            advisor.stdin.close()
        late = sorted(taken[len(taken) // 2 :])
        name = "one line: tell and ask" if combined else "two lines: tell, then ask"
        print_row(name, f"{statistics.median(late):.0f} ({late[int(0.95 * len(late))]:.0f})")


def echo() -> None:
    """What a pipe costs by itself."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
        assert cat.stdin is not None
        assert cat.stdout is not None
        taken = []
        for _ in range(2000):
            start = perf_counter()
            cat.stdin.write(b'{"ask": {"c": 0.31}}\n')
            cat.stdin.flush()
            cat.stdout.readline()
            taken.append(1e6 * (perf_counter() - start))
        cat.stdin.close()
    print(f"`cat` in its place: {statistics.median(taken):.0f}\n")


def sweeps() -> None:
    try:
        from pyamg.relaxation.relaxation import sor as pyamg_sor
    except ImportError:
        print("\npyamg is missing: pip install 'pyamg>=5.2'; left out")
        pyamg_sor = None
    matrix = five_point(SIDE)
    x = np.random.default_rng(0).standard_normal(matrix.shape[0])
    b = np.zeros_like(x)
    red_black, natural = Relaxation(matrix, "red-black"), Relaxation(matrix)

    def relax(solver: Relaxation) -> Callable[[], object]:
        return lambda: solver.sor(b, 1.5, x0=x, tolerance=1e-300, cap=SWEEPS)

    def multiply() -> None:
        for _ in range(SWEEPS):
            matrix @ x

    contestants = {"SciPy A @ x": multiply, "red-black sweep with residual": relax(red_black), "natural sweep": relax(natural)}
    if pyamg_sor is not None:
        from scipy.sparse import csr_matrix

        copy, for_pyamg = x.copy(), csr_matrix(matrix)
        contestants["pyamg SOR sweep"] = lambda: pyamg_sor(for_pyamg, copy, b, 1.5, iterations=SWEEPS, sweep="forward")
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(ROUNDS + 1):
        for name, work in contestants.items():
            start = perf_counter()
            work()
            if turn:  # the first compiles
                taken[name].append(1e6 * (perf_counter() - start) / SWEEPS)
    product = statistics.median(taken["SciPy A @ x"])
    print(f"\n## 5-point Laplacian on {SIDE} x {SIDE}, {SWEEPS} sweeps a call, {ROUNDS} calls in turns\n")
    print_head("work", "µs", "speed ÷ A @ x, of the medians", "median of the ratios")
    for name, times in taken.items():
        ratios = [one / other for one, other in zip(taken["SciPy A @ x"], times, strict=True)]
        median = statistics.median(times)
        print_row(name, f"{median:.0f}", f"{product / median:.2f}", f"{statistics.median(ratios):.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="up to 10,000 solves")
    given = parser.parse_args()
    decisions([100, 3_000, 10_000] if given.quick else [100, 10_000, 100_000])
    through_serve(1000 if given.quick else 5000)
    sweeps()


if __name__ == "__main__":
    main()
