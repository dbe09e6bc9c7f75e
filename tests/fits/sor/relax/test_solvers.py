"""SOR and SSOR-CG against dense algebra, iterate by iterate; compiled against SciPy; and how a solve ends."""

from __future__ import annotations

import math
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, diags_array

from fits.sor.relax import Relaxation, young
from tests.fits.sor.relax import dense

needs_numba = pytest.mark.skipif(find_spec("numba") is None, reason="numba is not installed")
ENGINES = [pytest.param(True, id="compiled", marks=needs_numba), pytest.param(False, id="scipy")]
UNTIED = 1.7e-8  # omega = 1.1 on two unknowns meets 1e-8 exactly, but for rounding
ORDERINGS = ["natural", "multicolour"]
MATRICES = {
    "grid": dense.grid(7, 5),
    "even grid": dense.grid(6),
    "one": csr_array([[3.0]]),
    "diagonal": csr_array(np.diag([1.0, 2.0, 4.0])),
    "line": dense.grid(9, 1),
    "two parts": csr_array(np.kron(np.eye(2), dense.grid(3, 2).toarray())),
    "star": csr_array(
        np.diag([9.0] + 8 * [1.0]) + np.outer(np.eye(9)[0], [0.0] + 8 * [0.5]) + np.outer([0.0] + 8 * [0.5], np.eye(9)[0])
    ),
    "random": dense.random_spd(3, 25),
}
CASES = [
    (name, ordering) for name in MATRICES for ordering in [*ORDERINGS, "red-black"] if (name, ordering) != ("random", "red-black")
]


@pytest.mark.parametrize("compiled", ENGINES)
@pytest.mark.parametrize(("name", "ordering"), CASES)
@pytest.mark.parametrize("omega", [0.7, 1.0, 1.6])
def test_every_iterate_of_sor_is_that_of_dense_algebra(name: str, ordering: str, omega: float, compiled: bool) -> None:
    matrix = MATRICES[name]
    solver = Relaxation(matrix, ordering, compiled)
    b, x0 = np.random.default_rng(1).standard_normal((2, solver.size))
    expected = dense.sor(matrix, b, omega, dense.order(solver), x0, 1e-8)
    solve = solver.sor(b, omega, x0=x0)
    assert (solve.reason, solve.iterations) == ("converged", len(expected) - 1)
    for k in range(1, min(6, len(expected))):
        assert solver.sor(b, omega, x0=x0, cap=k).x == pytest.approx(expected[k], rel=1e-11, abs=1e-11)
    assert solve.x == pytest.approx(expected[-1], rel=1e-10, abs=1e-10)
    assert solve.residual == pytest.approx(
        np.linalg.norm(b - matrix @ solve.x) / np.linalg.norm(b - matrix @ x0), rel=1e-4, abs=1e-15
    )


@pytest.mark.parametrize("compiled", ENGINES)
@pytest.mark.parametrize(("name", "ordering"), CASES)
@pytest.mark.parametrize("omega", [0.83, 1.0, 1.6])
def test_every_iterate_of_ssor_cg_is_that_of_dense_algebra(name: str, ordering: str, omega: float, compiled: bool) -> None:
    matrix = MATRICES[name]
    solver = Relaxation(matrix, ordering, compiled)
    b, x0 = np.random.default_rng(2).standard_normal((2, solver.size))
    expected = dense.ssor_cg(matrix, b, omega, dense.order(solver), x0, 1e-8)
    solve = solver.ssor_cg(b, omega, x0=x0)
    assert (solve.reason, solve.iterations) == ("converged", len(expected) - 1)
    for k in range(1, min(5, len(expected))):
        assert solver.ssor_cg(b, omega, x0=x0, cap=k).x == pytest.approx(expected[k], rel=1e-8, abs=1e-8)
    assert solve.x == pytest.approx(np.linalg.solve(matrix.toarray(), b), rel=1e-5, abs=1e-5)


@needs_numba
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40), st.floats(0.1, 1.9), st.sampled_from(ORDERINGS), st.booleans())
def test_compiled_and_scipy_count_alike(seed: int, size: int, omega: float, ordering: str, symmetric: bool) -> None:
    matrix = dense.random_spd(seed, size) if symmetric else dense.random_unsymmetric(seed, size)
    compiled, plain = (Relaxation(matrix, ordering, engine) for engine in (True, False))
    b = np.random.default_rng(seed).standard_normal(size)
    one, other = (solver.sor(b, omega, cap=2000, tolerance=UNTIED) for solver in (compiled, plain))
    assert (one.iterations, one.reason) == (other.iterations, other.reason)
    assert one.x == pytest.approx(other.x, rel=1e-7, abs=1e-7)
    if symmetric:
        one, other = (solver.ssor_cg(b, omega, tolerance=UNTIED) for solver in (compiled, plain))
        assert abs(one.iterations - other.iterations) <= 1  # near n steps, conjugate gradients magnify rounding errors


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 30), st.floats(0.3, 1.0), st.sampled_from(ORDERINGS), st.sampled_from([None, False]))
def test_the_residual_of_the_sweep_counts_as_one_computed_apart(
    seed: int, size: int, omega: float, ordering: str, compiled: bool | None
) -> None:
    matrix = dense.random_unsymmetric(seed, size)
    solver = Relaxation(matrix, ordering, compiled)
    b = np.random.default_rng(seed).standard_normal(size)
    expected = dense.sor(matrix, b, omega, dense.order(solver), np.zeros(size), UNTIED)
    solve = solver.sor(b, omega, cap=5000, tolerance=UNTIED)
    assert solve.iterations == len(expected) - 1


def test_two_colours_find_the_pairs_kernel_and_three_the_general_one() -> None:
    assert Relaxation(dense.grid(8), "red-black")._split.pattern.pairs is not None
    star = Relaxation(MATRICES["star"], "red-black")
    assert star.colours == 2
    assert Relaxation(dense.random_spd(0, 20), "multicolour")._split.pattern.pairs is None


@pytest.mark.parametrize("compiled", ENGINES)
@pytest.mark.parametrize("power", [-900, -60, 60, 900])
def test_a_power_of_two_in_b_changes_nothing_but_the_scale(compiled: bool, power: int) -> None:
    solver = Relaxation(dense.grid(6), "red-black", compiled)
    b = np.random.default_rng(0).standard_normal(36)
    for method in (solver.sor, solver.ssor_cg):
        one, other = method(b, 1.5), method(math.ldexp(1.0, power) * b, 1.5)
        assert one.iterations == other.iterations
        assert np.array_equal(math.ldexp(1.0, power) * one.x, other.x)


@pytest.mark.parametrize("compiled", ENGINES)
@pytest.mark.parametrize("ordering", ["natural", "red-black"])
def test_a_solve_goes_on_where_it_was_capped(compiled: bool, ordering: str) -> None:
    solver = Relaxation(dense.grid(8), ordering, compiled)
    b = np.random.default_rng(0).standard_normal(64)
    whole = solver.sor(b, 1.2)
    part = solver.sor(b, 1.2, cap=11)
    assert (part.reason, part.iterations) == ("cap", 11)
    rest = solver.sor(b, 1.2, x0=part.x, reference=part.reference)
    assert part.iterations + rest.iterations == whole.iterations
    assert rest.x == pytest.approx(whole.x, rel=1e-10)
    assert solver.sor(b, 1.5, x0=whole.x, reference=whole.reference).iterations == 0


@pytest.mark.parametrize("compiled", ENGINES)
def test_nothing_to_do_takes_no_iteration(compiled: bool) -> None:
    matrix = dense.grid(4)
    solver, x = Relaxation(matrix, compiled=compiled), np.arange(16.0)
    for method in (solver.sor, solver.ssor_cg):
        zero, there = method(np.zeros(16), 1.5), method(matrix @ x, 1.5, x0=x)
        assert (zero.iterations, zero.residual, zero.reason) == (0, 0.0, "converged")
        assert not zero.x.any()
        assert (there.iterations, there.reason) == (0, "converged")
        assert np.array_equal(there.x, x)


@pytest.mark.parametrize("compiled", ENGINES)
def test_divergence_is_seen_long_before_the_cap(compiled: bool) -> None:
    matrix = csr_array(np.full((6, 6), 2.0) - np.eye(6))  # eigenvalues 11 and -1
    solve = Relaxation(matrix, compiled=compiled).sor(np.arange(6.0), 1.2)
    assert solve.diverged
    assert not solve.converged
    assert solve.reason == "diverged"
    assert solve.iterations < 200
    assert solve.residual > 1e4


@pytest.mark.parametrize("compiled", ENGINES)
def test_divergence_to_infinity_raises_no_warning(compiled: bool) -> None:
    matrix = np.full((6, 6), 1e300)
    np.fill_diagonal(matrix, 1.0)
    assert Relaxation(csr_array(matrix), compiled=compiled).sor(np.arange(6.0), 1.2).reason == "diverged"


@pytest.mark.parametrize("compiled", ENGINES)
def test_cg_tells_an_indefinite_matrix(compiled: bool) -> None:
    matrix = csr_array(np.full((6, 6), 2.0) - np.eye(6))
    solve = Relaxation(matrix, compiled=compiled).ssor_cg(np.array([1.0, -1.0, 0.0, 2.0, 0.0, 0.0]), 1.0)
    assert (solve.reason, solve.converged, solve.diverged) == ("not positive definite", False, True)
    assert np.isfinite(solve.x).all()


@pytest.mark.parametrize("compiled", ENGINES)
def test_what_is_given_stays_as_it_was(compiled: bool) -> None:
    matrix, b, x0 = dense.grid(5), np.arange(25.0), np.ones(25)
    kept = matrix.copy()
    solver = Relaxation(matrix, "red-black", compiled)
    solver.sor(b, 1.5, x0=x0)
    solver.ssor_cg(b, 1.5, x0=x0)
    assert (matrix != kept).nnz == 0
    assert np.array_equal(b, np.arange(25.0))
    assert np.array_equal(x0, np.ones(25))


@pytest.mark.parametrize("omega", [0.0, 2.0, -1.0, math.nan, math.inf])
def test_an_omega_without_convergence_is_refused(omega: float) -> None:
    solver = Relaxation(dense.grid(3), compiled=False)
    for method in (solver.sor, solver.ssor_cg):
        with pytest.raises(ValueError, match=r"omega = .*above 0 and below 2"):
            method(np.ones(9), omega)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"b": [1.0] * 8}, "b has shape"),
        ({"b": [1.0] * 8 + [math.nan]}, r"b\[8\] is nan"),
        ({"x0": [math.inf] + [1.0] * 8}, r"x0\[0\] is inf"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"tolerance": 1.0}, "tolerance"),
        ({"cap": 0}, "cap"),
        ({"reference": 0.0}, "reference"),
        ({"reference": math.nan}, "reference"),
        ({"growth": 1.0}, "growth"),
        ({"b": [1e308] * 9, "x0": [-1e308] * 9}, "overflows"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, object], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Relaxation(dense.grid(3), compiled=False).sor(**{"b": np.ones(9), "omega": 1.0, **arguments})


@pytest.mark.parametrize("compiled", ENGINES)
@pytest.mark.parametrize("ordering", ["natural", "red-black", "multicolour"])
def test_new_values_give_what_a_new_matrix_gives(compiled: bool, ordering: str) -> None:
    first, second = dense.grid(6), csr_array(dense.grid(6) + diags_array(np.linspace(0.1, 2.0, 36)))
    b = np.random.default_rng(0).standard_normal(36)
    old = Relaxation(first, ordering, compiled)
    before = old.sor(b, 1.4)
    new = Relaxation(second, ordering, compiled)
    for again in (old.revalue(second), old.revalue(new.values), old.revalue(second.tocoo())):
        for name in ("sor", "ssor_cg"):
            one, other = getattr(again, name)(b, 1.4), getattr(new, name)(b, 1.4)
            assert one.iterations == other.iterations
            assert np.array_equal(one.x, other.x)
    assert np.array_equal(old.sor(b, 1.4).x, before.x)


def test_young_is_the_best_omega_on_a_consistently_ordered_matrix() -> None:
    nx = 24
    solver = Relaxation(dense.grid(nx), "red-black")
    beta = solver.jacobi_radius()
    exact = math.cos(math.pi / (nx + 1))
    assert 1.0 - beta == pytest.approx(1.0 - exact, rel=1e-2)
    assert beta <= exact + 1e-12
    b = np.random.default_rng(0).standard_normal(nx * nx)
    best = min(solver.sor(b, omega).iterations for omega in np.linspace(1, 1.95, 39))
    assert solver.sor(b, young(beta)).iterations <= 1.1 * best


@pytest.mark.parametrize("compiled", ENGINES)
def test_the_radius_is_that_of_dense_eigenvalues(compiled: bool) -> None:
    for seed in range(5):
        matrix = dense.random_spd(seed, 20)
        iteration = np.eye(20) - matrix.toarray() / matrix.diagonal()[:, None]
        expected = np.abs(np.linalg.eigvals(iteration)).max()
        assert Relaxation(matrix, "multicolour", compiled).jacobi_radius() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("beta", [-0.1, 1.0, 1.5, math.nan])
def test_young_needs_a_convergent_jacobi_iteration(beta: float) -> None:
    with pytest.raises(ValueError, match="below 1"):
        young(beta)
    assert young(0.0) == 1.0
