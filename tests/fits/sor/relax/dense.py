"""Relaxation as the textbook has it, on dense matrices, and matrices to try it on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array, kron

from fits.sor.relax import Relaxation

Array = NDArray[np.float64]


def grid(nx: int, ny: int | None = None) -> csr_array:
    """5-point Laplacian."""
    ny = nx if ny is None else ny

    def line(n: int) -> csr_array:
        return 2.0 * eye_array(n) - eye_array(n, k=1) - eye_array(n, k=-1)

    return csr_array(kron(line(ny), eye_array(nx)) + kron(eye_array(ny), line(nx)))


def random_spd(seed: int, size: int, density: float = 0.2) -> csr_array:
    """Symmetric, positive definite, with a random pattern and entries of both signs."""
    rng = np.random.default_rng(seed)
    dense = np.where(rng.random((size, size)) < density, rng.standard_normal((size, size)), 0.0)
    dense = dense @ dense.T + np.diag(rng.uniform(0.2, 2.0, size))
    return csr_array(dense)


def random_unsymmetric(seed: int, size: int, density: float = 0.2) -> csr_array:
    """Diagonally dominant, of unsymmetric pattern."""
    rng = np.random.default_rng(seed)
    dense = np.where(rng.random((size, size)) < density, rng.standard_normal((size, size)), 0.0)
    np.fill_diagonal(dense, 0.0)
    return csr_array(dense + np.diag(np.abs(dense).sum(axis=1) + rng.uniform(0.2, 2.0, size)))


def order(solver: Relaxation) -> NDArray[np.intp]:
    """In which order `solver` visits the unknowns."""
    found = solver._split.pattern.order
    return np.arange(solver.size) if found is None else found


def sor(matrix: csr_array, b: Array, omega: float, visit: NDArray[np.intp], x0: Array, tolerance: float) -> list[Array]:
    """x_0, x_1, … up to the first with |r_k| / |r_0| < tolerance: x <- x + M^-1 r, M = D/omega + L, r = b - A x."""
    A, b = matrix.toarray()[np.ix_(visit, visit)], b[visit]
    M = np.tril(A, -1) + np.diag(np.diag(A)) / omega
    xs = [x0[visit]]
    first = np.linalg.norm(b - A @ xs[0])
    while np.linalg.norm(b - A @ xs[-1]) / first >= tolerance and len(xs) < 5000:
        xs.append(xs[-1] + np.linalg.solve(M, b - A @ xs[-1]))
    back = np.argsort(visit)
    return [x[back] for x in xs]


def ssor_cg(matrix: csr_array, b: Array, omega: float, visit: NDArray[np.intp], x0: Array, tolerance: float) -> list[Array]:
    """x_0, x_1, … of conjugate gradients with the preconditioner X' D^-1 X / (omega (2 - omega)), X = D + omega L."""
    A, b = matrix.toarray()[np.ix_(visit, visit)], b[visit]
    D = np.diag(np.diag(A))
    X = D + omega * np.tril(A, -1)
    P = X.T @ np.linalg.inv(D) @ X / (omega * (2 - omega))
    xs = [x0[visit]]
    r = b - A @ xs[0]
    first, p, rho = np.linalg.norm(r), np.zeros_like(r), np.inf
    while np.linalg.norm(r) / first >= tolerance and len(xs) < 5000:
        z = np.linalg.solve(P, r)
        p = z + (r @ z) / rho * p
        rho = r @ z
        alpha = rho / (p @ A @ p)
        xs.append(xs[-1] + alpha * p)
        r = r - alpha * (A @ p)
    back = np.argsort(visit)
    return [x[back] for x in xs]
