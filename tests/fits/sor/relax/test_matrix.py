"""What is accepted as a matrix, what is refused with which words, and the orderings."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, csc_matrix, csr_array, csr_matrix, dok_array

from fits.sor.relax import BadMatrix, Relaxation
from fits.sor.relax.matrix import compressed
from fits.sor.relax.ordering import multicolour, red_black
from tests.fits.sor.relax import dense

A = dense.grid(4)
B = np.random.default_rng(0).standard_normal(16)
EXPECTED = Relaxation(A, compiled=False).sor(B, 1.5)


def _doubled() -> coo_array:
    coo = A.tocoo()
    rng = np.random.default_rng(0)
    order = rng.permutation(2 * coo.nnz)
    rows, columns = (np.tile(part, 2)[order] for part in coo.coords)
    return coo_array((np.tile(coo.data / 2, 2)[order], (rows, columns)), shape=coo.shape)


def _unsorted() -> csr_array:
    rows = A.copy()
    for i in range(16):
        part = slice(rows.indptr[i], rows.indptr[i + 1])
        rows.indices[part], rows.data[part] = rows.indices[part][::-1].copy(), rows.data[part][::-1].copy()
    rows.has_sorted_indices = False
    return rows


@pytest.mark.parametrize(
    "matrix",
    [
        csr_matrix(A),
        csc_matrix(A),
        A.tocoo(),
        dok_array(A),
        (A * 1).astype(int),
        csr_array((A.data, A.indices.astype(np.int64), A.indptr.astype(np.int64)), shape=A.shape),
        (A.data, A.indices, A.indptr),
        (A.data.tolist(), A.indices.tolist(), A.indptr.tolist()),
        (A.data, A.indices.astype(np.uint64), A.indptr.astype(np.int32)),
        _doubled(),
        _unsorted(),
        (_unsorted().data, _unsorted().indices, _unsorted().indptr),
    ],
    ids=lambda matrix: type(matrix).__name__,
)
def test_any_form_of_the_same_matrix_gives_the_same_solve(matrix: Any) -> None:
    solve = Relaxation(matrix, compiled=False).sor(B, 1.5)
    assert solve.iterations == EXPECTED.iterations
    assert solve.x == pytest.approx(EXPECTED.x, rel=1e-12)


def _with(row: int, column: int, value: float) -> csr_array:
    changed = A.toarray()
    changed[row, column] = value
    return csr_array(changed)


@pytest.mark.parametrize(
    ("matrix", "text"),
    [
        (csr_array(np.ones((2, 3))), r"not square: shape \(2, 3\)"),
        (csr_array((0, 0)), "no rows"),
        (csr_array(A * 1j), "complex128"),
        (A.toarray(), "expected a SciPy sparse matrix"),
        (_with(3, 3, np.nan), "row 3: holds nan"),
        (_with(3, 2, np.inf), "row 3: holds inf"),
        (_with(5, 5, 0.0), "row 5: has no diagonal entry"),
        (_with(5, 5, -2.0), "row 5: the diagonal entry is -2"),
        (([1.0, 0.0], [0, 1], [0, 1, 2]), "row 1: the diagonal entry is 0"),
        (([1.0, 1.0], [0, 2], [0, 1, 2]), "row 1: column 2 lies outside 2 columns"),
        (([1.0, 1.0], [0, -1], [0, 1, 2]), "row 1: column -1 lies outside"),
        (([1.0, 1.0], [0, 1], [0, 2, 1]), "indptr must rise"),
        (([1.0], [0, 1], [0, 1, 2]), "indptr must rise"),
        (([1.0, 1.0], [0.0, 1.0], [0, 1, 2]), "whole numbers"),
        (([1.0, 1.0], [0, 1], [[0, 1, 2]]), "one-dimensional"),
        (([1.0, 1.0], [0, 1], []), "one-dimensional"),
    ],
)
def test_a_matrix_that_cannot_be_relaxed_is_refused_with_the_place(matrix: Any, text: str) -> None:
    for ordering in ("natural", "multicolour"):
        with pytest.raises(BadMatrix, match=text):
            Relaxation(matrix, ordering, compiled=False)


def test_new_values_are_checked_as_the_first_were() -> None:
    solver = Relaxation(A, "red-black", compiled=False)
    with pytest.raises(BadMatrix, match="row 7: the diagonal entry is -1"):
        solver.revalue(_with(7, 7, -1.0))
    with pytest.raises(BadMatrix, match="pattern is not that of the first"):
        solver.revalue(_with(0, 15, 1.0))
    with pytest.raises(BadMatrix, match="64 values expected"):
        solver.revalue(np.ones(3))


def test_cg_and_the_radius_need_symmetry_up_to_rounding() -> None:
    for changed, text in (
        (_with(1, 0, -0.9), "rows 1 and 0: .*-0.9 and -1.*symmetric"),
        (_with(0, 15, 1e-3), "pattern is not symm"),
    ):
        solver = Relaxation(changed, compiled=False)
        assert solver.sor(B, 1.2).converged
        with pytest.raises(BadMatrix, match=text):
            solver.ssor_cg(B, 1.2)
        with pytest.raises(BadMatrix, match=text):
            solver.jacobi_radius()
    rounded = Relaxation(_with(1, 0, -1.0 - 1e-15), compiled=False)
    assert rounded.ssor_cg(B, 1.2).converged


@pytest.mark.parametrize("ordering", ["natural", "red-black"])
def test_what_is_done_to_the_matrix_later_does_not_reach_the_solver(ordering: str) -> None:
    matrix = csr_array((A.data.copy(), A.indices.astype(np.int64), A.indptr.astype(np.int64)), shape=A.shape)
    solver = Relaxation(matrix, ordering)
    matrix.data[:], matrix.indices[:] = 7.0, 0
    assert solver.sor(B, 1.5).x == pytest.approx(Relaxation(A, ordering).sor(B, 1.5).x)
    assert solver.revalue(A).sor(B, 1.5).converged


def test_an_unknown_ordering_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 'natural', 'red-black' or 'multicolour'"):
        Relaxation(A, "zebra")  # type: ignore[arg-type]


def test_red_black_on_a_grid_is_the_chessboard() -> None:
    found = red_black(compressed(dense.grid(5, 4)))
    i, j = np.divmod(np.arange(20), 5)
    assert found.starts.tolist() == [0, 10, 20]
    assert found.order is not None
    assert found.order[:10].tolist() == np.flatnonzero((i + j) % 2 == 0).tolist()


def test_red_black_is_refused_where_two_colours_are_not_enough() -> None:
    triangle = csr_array(np.array([[4.0, 0, 0, 0], [0, 4, 1, 1], [0, 1, 4, 1], [0, 1, 1, 4]]))
    with pytest.raises(BadMatrix, match=r"rows 2 and 3: .*more than two") as refused:
        Relaxation(triangle, "red-black", compiled=False)
    assert {refused.value.row, refused.value.column} == {2, 3}
    assert Relaxation(triangle, "multicolour", compiled=False).colours == 3


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40), st.floats(0.0, 0.3), st.booleans())
def test_no_two_neighbours_share_a_colour(seed: int, size: int, density: float, bipartite: bool) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.random((size, size)) < density
    if bipartite:
        side = rng.random(size) < 0.5
        matrix &= side[:, None] != side[None, :]
    np.fill_diagonal(matrix, True)
    solver = Relaxation(csr_array(matrix.astype(float)), "red-black" if bipartite else "multicolour", compiled=False)
    pattern = solver._split.pattern
    visit = dense.order(solver)
    assert sorted(visit) == list(range(size))
    for start, stop in zip(pattern.starts[:-1], pattern.starts[1:], strict=True):
        block = visit[start:stop]
        assert list(block) == sorted(block)
        assert np.array_equal(matrix[np.ix_(block, block)], np.eye(len(block), dtype=bool))
    if bipartite:
        assert solver.colours <= 2


def test_the_compiled_colouring_is_that_of_python() -> None:
    kernels = pytest.importorskip("fits.sor.relax.kernels")
    from fits.sor.relax.ordering import greedy_colours

    rows = compressed(dense.random_spd(1, 60, 0.05))
    one, other = multicolour(rows, greedy_colours), multicolour(rows, kernels.colour_greedily)
    assert np.array_equal(one.starts, other.starts)
    assert np.array_equal(one.order, other.order)


def test_importing_costs_neither_numba_nor_scipy() -> None:
    heavy = "{'numba', 'scipy', 'torch', 'sklearn', 'pandas'}"
    code = f"import sys, fits.sor.relax; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    import fits.sor.relax as package

    for name in ("kernels", "kernels_cg", "compiled"):
        monkeypatch.delitem(sys.modules, f"fits.sor.relax.{name}", raising=False)
        monkeypatch.delattr(package, name, raising=False)


def test_without_numba_scipy_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    _forget(monkeypatch)
    monkeypatch.setitem(sys.modules, "numba", None)
    solver = Relaxation(A)
    assert solver._engine.__name__ == "fits.sor.relax.fallback"  # type: ignore[attr-defined]
    assert solver.sor(B, 1.5).iterations == EXPECTED.iterations
    with pytest.raises(ImportError, match="numba"):
        Relaxation(A, compiled=True)


def test_where_nothing_can_be_written_the_kernels_are_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    numba = pytest.importorskip("numba")
    njit = numba.njit

    def read_only(**options: Any) -> Any:
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return njit(**options)

    _forget(monkeypatch)
    monkeypatch.setattr(numba, "njit", read_only)
    kernels = importlib.import_module("fits.sor.relax.kernels")
    assert kernels.colour_greedily(np.array([0, 0], dtype=np.uint32), np.zeros(0, dtype=np.uint32)).tolist() == [0]
    assert Relaxation(A, compiled=True).sor(B, 1.5).iterations == EXPECTED.iterations
