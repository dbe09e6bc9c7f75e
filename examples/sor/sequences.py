"""Three sequences of linear systems to choose omega for: a shifted Laplacian, the heat equation, and nonlinear diffusion by FEM.

    problem = ShiftedLaplacian("hv", seed=0)
    for step in problem:                      # 5,000 steps, each from the solution of the one before
        omega = policy.ask(step.context)      # {"c": 0.31}
        policy.tell(step.solve(omega).iterations)

`step.costs(omegas)` is what every omega would have cost, `step.best(omegas)` the cheapest one, `problem.contexts()` all contexts
beforehand. The first two problems are those of "Learning to Relax" (Khodak, Chow, Balcan, Talwalkar, arXiv 2310.02246).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array, kron

from fits.sor.relax import Relaxation, Solve, young

if TYPE_CHECKING:
    from skfem import Basis
    from skfem.assembly.form.coo_data import COOData

Array = NDArray[np.float64]
Method = Literal["sor", "ssor-cg"]
CAP = 10_000


@dataclass
class Step:
    """One linear system of a sequence: `solver` holds the matrix, `x0` is the start (None: zero).

    A solve ends at 1e-8 of `reference` (None: of the first residual). `solution` is the last that was reached; the next step
    starts from it.
    """

    number: int
    context: dict[str, float]
    solver: Relaxation
    rhs: Array
    x0: Array | None
    method: Method
    reference: float | None = None
    solution: Array | None = field(default=None, repr=False)

    def solve(self, omega: float, cap: int = CAP) -> Solve:
        """Solve with this omega."""
        solve = self._try(omega, cap)
        if solve.converged:
            self.solution = solve.x
        return solve

    def go_on(self, solve: Solve, omega: float) -> Solve:
        """Go on with this omega where `solve` gave up; from the start if it diverged. Iterations count from here."""
        x0 = self.x0 if solve.diverged else solve.x
        rest = self._method(self.rhs, omega, x0=x0, cap=CAP, reference=solve.reference)
        if rest.converged:
            self.solution = rest.x
        return rest

    def costs(self, omegas: Sequence[float] | Array, cap: int = CAP) -> NDArray[np.int64]:
        """Iterations with each omega, counted up to `cap`; leaves `solution` alone."""
        return np.array([self._try(float(omega), cap).iterations for omega in omegas])

    def best(self, omegas: Sequence[float] | Array) -> tuple[float, int]:
        """The omega with the fewest iterations, and their number. Exact, yet no solve goes on beyond the best so far."""
        near = young(min(self.radius(), 1.0 - 1e-12))
        best, fewest = 1.0, CAP
        for omega in sorted((float(omega) for omega in omegas), key=lambda omega: abs(omega - near)):
            solve = self._try(omega, fewest)
            if solve.converged and solve.iterations < fewest:
                best, fewest = omega, solve.iterations
        return best, fewest

    def radius(self) -> float:
        """beta = rho(I - D^-1 A), from which `young` has its omega."""
        return self.solver.jacobi_radius()

    def reached(self) -> Array:
        """The solution: that of the last solve which converged, or without one the solution to 1e-12."""
        if self.solution is None:
            return self.solver.ssor_cg(self.rhs, 1.5, x0=self.x0, tolerance=1e-12).x
        return self.solution

    def _try(self, omega: float, cap: int) -> Solve:
        return self._method(self.rhs, omega, x0=self.x0, cap=cap, reference=self.reference)

    @property
    def _method(self) -> Callable[..., Solve]:
        return self.solver.sor if self.method == "sor" else self.solver.ssor_cg


class Problem(ABC):
    """A sequence of `steps` linear systems; `step` is the current one."""

    steps: int
    step: Step

    def __iter__(self) -> Iterator[Step]:
        """The steps from the current one on."""
        while True:
            yield self.step
            if self.step.number + 1 == self.steps:
                return
            self.advance()

    @abstractmethod
    def advance(self) -> None:
        """Go to the next step, from `Step.reached` of this one."""

    @abstractmethod
    def contexts(self) -> list[dict[str, float]]:
        """The contexts of all steps, beforehand."""


def five_point(nx: int) -> csr_array:
    """The 5-point Laplacian on nx x nx inner points of a square, times h^2: 4 on the diagonal, -1 beside it."""
    line = 2.0 * eye_array(nx) - eye_array(nx, k=1) - eye_array(nx, k=-1)
    matrix = csr_array(kron(line, eye_array(nx)) + kron(eye_array(nx), line))
    matrix.sort_indices()
    return matrix


def on_diagonal(matrix: csr_array) -> Array:
    """1 for the stored values on the diagonal, 0 for the others."""
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    return np.asarray(row == matrix.indices, dtype=np.float64)


class ShiftedLaplacian(Problem):
    """The paper's A_t = A + c_t I on 100 unknowns, c_t = -.15 + .6 Beta(.5, 1.5) ("hv") or Beta(2, 6) ("lv"), x0 = 0.

    A is the 5-point Laplacian; b_t is standard normal, drawn again until its norm is at most 10, the root of its length.
    """

    def __init__(self, variance: Literal["hv", "lv"] = "hv", steps: int = 5000, seed: int = 0) -> None:
        shape = {"hv": (0.5, 1.5), "lv": (2.0, 6.0)}[variance]
        rng = np.random.default_rng(seed)
        self.shifts, self.vectors = np.empty(steps), np.empty((steps, 100))
        for number in range(steps):
            self.shifts[number] = -0.15 + 0.6 * rng.beta(*shape)
            self.vectors[number] = rng.standard_normal(100)
            while self.vectors[number] @ self.vectors[number] > 100.0:
                self.vectors[number] = rng.standard_normal(100)
        self.steps = steps
        laplacian = five_point(10)
        self._solver, self._laplacian, self._identity = Relaxation(laplacian), laplacian.data, on_diagonal(laplacian)
        self.step = self._step(0)

    def contexts(self) -> list[dict[str, float]]:
        return [{"c": float(c)} for c in self.shifts]

    def advance(self) -> None:
        self.step = self._step(self.step.number + 1)  # no step depends on another

    def _step(self, number: int) -> Step:
        c = float(self.shifts[number])
        solver = self._solver.revalue(self._laplacian + c * self._identity)
        return Step(number, {"c": c}, solver, self.vectors[number], None, "sor")


class Heat(Problem):
    """The paper's heat equation on the unit square, u = 0 on the boundary, by Crank-Nicolson with dt = 1e-3.

    The coefficient max(.1 sin 2 pi t, -10 sin 2 pi t), the context `coef`, changes by a factor of 100 each half period; a bump
    that moves in a circle heats. Nothing is random. As in the paper's code, SSOR-CG compares with |b|, SOR with |r_0|.
    """

    DT = 1e-3

    def __init__(self, nx: int = 25, method: Method = "sor", steps: int = 5000) -> None:
        self.steps, self.method = steps, method
        at = np.arange(1, nx) / nx
        self._points = np.stack(np.meshgrid(at, at, indexing="ij"), axis=-1).reshape(-1, 2)
        if method == "ssor-cg":  # the tables' preconditioner is X D^-1 X': that of `Relaxation` with the unknowns backwards
            self._points = self._points[::-1]
        self._laplacian = five_point(nx - 1) * float(nx**2)
        self._identity = on_diagonal(self._laplacian)
        self._solver = Relaxation(self._laplacian)
        self.step = self._step(0, _bump(self._points, (0.5, 0.5), 0.25))

    @staticmethod
    def coefficient(t: float) -> float:
        """Diffusion coefficient at time t."""
        return float(max(0.1 * np.sin(2 * np.pi * t), -10.0 * np.sin(2 * np.pi * t)))

    def contexts(self) -> list[dict[str, float]]:
        return [{"coef": self.coefficient(number * self.DT)} for number in range(self.steps)]

    def advance(self) -> None:
        self.step = self._step(self.step.number + 1, self.step.reached())

    def _step(self, number: int, solution: Array) -> Step:
        middle = (number + 0.5) * self.DT
        half = 0.5 * self.DT * self.coefficient(middle)
        angle = 16.0 * np.pi * middle
        source = 32.0 * _bump(self._points, (0.5 + np.cos(angle) / 4, 0.5 + np.sin(angle) / 4), 0.125)
        rhs = solution - half * (self._laplacian @ solution) + self.DT * source
        solver = self._solver.revalue(self._identity + half * self._laplacian.data)
        reference = float(np.linalg.norm(rhs)) if self.method == "ssor-cg" else None
        return Step(number, {"coef": self.coefficient(number * self.DT)}, solver, rhs, solution, self.method, reference)


def _bump(points: Array, centre: tuple[float, float], radius: float) -> Array:
    """exp(1 - 1 / (1 - d^2)) at distance d < 1 from the centre, in radii; 0 outside."""
    square = ((points - np.array(centre)) ** 2).sum(axis=1) / radius**2
    inside = square < 1.0
    return np.where(inside, np.exp(1.0 - 1.0 / (1.0 - np.where(inside, square, 0.0))), 0.0)


class NonlinearDiffusion(Problem):
    """u' = div((1 + kappa u^2) grad u) + f on an L-shape, u = 0 on the boundary: P1 elements, implicit Euler, lagged coefficient.

    kappa goes up and down every 200 steps, a Gaussian source goes round every 75 and leaves the domain at the missing corner,
    and the length of a step wanders between 2e-4 and 2e-2. Context: log10_dt, kappa and umax, the largest u before the step.

    Parameters
    ----------
    refinements : times that the 6 triangles are halved in both directions; 4 give 705 unknowns.
    """

    def __init__(self, steps: int = 1000, seed: int = 0, refinements: int = 4, method: Method = "sor") -> None:
        try:
            from skfem import Basis, ElementTriP1, MeshTri
            from skfem.models.poisson import laplace, mass
        except ImportError as missing:
            raise ImportError("this problem is assembled by scikit-fem: pip install 'scikit-fem>=10'") from missing
        self._arguments = (steps, seed, refinements, method)
        self.steps, self.method = steps, method
        rng = np.random.default_rng(seed)
        self.dts = np.empty(steps)
        dt = 2e-3
        for number in range(steps):
            dt = min(max(dt * np.exp(0.15 * rng.standard_normal()), 2e-4), 2e-2)
            self.dts[number] = dt
        basis = Basis(MeshTri.init_lshaped().refined(refinements), ElementTriP1())
        inner = basis.complement_dofs(basis.get_dofs())
        self._mass = csr_array(mass.assemble(basis).tocsr()[inner][:, inner])
        self._mass.sort_indices()
        self._stiffness = _weighted(laplace.coo_data(basis), basis.mesh.t, inner, self._mass)
        self._quadrature, weights = _quadrature(basis)
        self._weights = csr_array(weights[inner])
        self._solver = Relaxation(self._mass)
        self.step = self._step(0, np.zeros(len(inner)))

    def contexts(self) -> list[dict[str, float]]:
        """As the other problems, but by running the whole simulation with exact solutions: umax depends on them."""
        return [step.context for step in NonlinearDiffusion(*self._arguments)]

    def advance(self) -> None:
        self.step = self._step(self.step.number + 1, self.step.reached())

    def _step(self, number: int, solution: Array) -> Step:
        dt = float(self.dts[number])
        kappa = 5.0 * (1.0 + float(np.sin(2 * np.pi * number / 200)))
        angle = 2 * np.pi * number / 75
        centre = np.array([[0.5 * np.cos(angle)], [0.5 * np.sin(angle)]])
        source = self._weights @ (50.0 * np.exp(-40.0 * ((self._quadrature - centre) ** 2).sum(axis=0)))
        context = {"log10_dt": float(np.log10(dt)), "kappa": kappa, "umax": max(0.0, float(solution.max()))}
        solver = self._solver.revalue(self._mass.data + dt * self._stiffness(kappa, solution))
        return Step(number, context, solver, self._mass @ solution + dt * source, solution, self.method)


def _weighted(
    laplace: COOData, triangles: NDArray[np.int64], inner: NDArray[np.int64], pattern: csr_array
) -> Callable[[float, Array], Array]:
    """(kappa, u) -> values of the stiffness matrix for the coefficient 1 + kappa u^2, at the places of `pattern`."""
    vertices, size = int(triangles.max()) + 1, len(inner)
    place = np.full(vertices, -1)
    place[inner] = np.arange(size)
    row, column = place[laplace.indices]
    kept = (row >= 0) & (column >= 0)
    stored = np.repeat(np.arange(size), np.diff(pattern.indptr)) * size + pattern.indices
    slot = np.searchsorted(stored, row[kept] * size + column[kept])
    element = np.tile(np.arange(triangles.shape[1]), 9)[kept]
    value = laplace.data[kept]

    def values(kappa: float, u: Array) -> Array:
        corner = np.append(u, 0.0)[place[triangles]]
        mean_square = (corner.sum(axis=0) ** 2 + (corner**2).sum(axis=0)) / 12.0  # of a linear function over a triangle
        weights = value * (1.0 + kappa * mean_square)[element]
        return np.asarray(np.bincount(slot, weights=weights, minlength=len(stored)), dtype=np.float64)

    return values


def _quadrature(basis: Basis) -> tuple[Array, csr_array]:
    """Quadrature points, and the matrix that takes values there to integrals against the basis functions."""
    points = np.asarray(basis.global_coordinates())
    columns = np.arange(points[0].size)
    parts = []
    for which in range(3):
        weight = np.broadcast_to(np.asarray(basis.basis[which][0]), points[0].shape) * basis.dx
        row = np.repeat(basis.dofs.element_dofs[which], points.shape[2])
        parts.append(csr_array((weight.ravel(), (row, columns)), shape=(basis.N, len(columns))))
    return points.reshape(2, -1), parts[0] + parts[1] + parts[2]


PUBLISHED: dict[str, Callable[[], Problem]] = {
    "paper_hv": lambda: ShiftedLaplacian("hv", 5000, seed=1),
    "paper_lv": lambda: ShiftedLaplacian("lv", 5000, seed=2),
    "heat25_sor": lambda: Heat(25, "sor", 3000),
    "heat25_ssorcg": lambda: Heat(25, "ssor-cg", 5000),
    "heat50_ssorcg": lambda: Heat(50, "ssor-cg", 3000),
    "fem_sor": lambda: NonlinearDiffusion(1000, seed=0),
}
"""The sequences of shared/data/sor by name: `costs(linspace(1, 1.95, 20))` gives the rows of table_<name>.csv."""
