"""The smallest client of `advisor serve sor`: a pipe, one line out and one line in for each solve.

python pipe_client.py
"""

import json
import subprocess

from sequences import ShiftedLaplacian

COMMAND = ["advisor", "serve", "sor", "--contexts", "c", "--quiet"]


def main() -> None:
    total, told = 0, {}
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as advisor:
        for step in ShiftedLaplacian("lv", steps=500):
            advisor.stdin.write(json.dumps({**told, "ask": step.context}) + "\n")
            advice = json.loads(advisor.stdout.readline())
            solve = step.solve(advice["omega"], cap=int(advice["limit"] or 10_000))
            total += solve.iterations
            if not solve.converged:
                total += step.go_on(solve, advice["fallback"]).iterations
            told = {"tell": {"id": advice["id"], "cost": solve.iterations, "converged": solve.converged}}
        advisor.stdin.close()
    print(f"{total} iterations")


if __name__ == "__main__":
    main()
