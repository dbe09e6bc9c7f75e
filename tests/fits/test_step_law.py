"""step-law: published figures, the paper's rule, the surface against a known truth, and refusals."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pandas as pd
import pytest

from fits.solver import BadQuery, BadRow, DegenerateData, NotEnoughData
from fits.step_law.laws import LAWS
from fits.step_law.schema import BacktestOptions, Fit, Options, Query
from fits.step_law.solver import backtest, fit, prior, recommend
from tests.fits.sweeps import synthetic_log

SHARED = Path(__file__).parents[3] / "shared" / "data" / "step-law"


def shared_table(name: str) -> pd.DataFrame:
    path = SHARED / f"{name}_lr_bs_loss.csv"
    if not path.exists():
        pytest.skip(f"needs {path.name}, which is not part of the project")
    raw = pd.read_csv(path)
    log = {"params": raw["N"], "tokens": raw["D"], "lr": raw["lr"], "batch_sequences": raw["bs"], "loss": raw["smooth loss"]}
    return pd.DataFrame(log).astype(float)


def test_the_published_step_law_at_one_billion_parameters() -> None:
    answer = recommend(prior(), Query(params=1e9, tokens=1e11))[0]
    assert answer.config["lr"] == pytest.approx(1.79 * 1e9**-0.713 * 1e11**0.307)
    assert answer.config["batch_tokens"] == pytest.approx(0.58 * 1e11**0.571)


def test_step_law_for_seven_billion_parameters_is_the_figure_of_its_authors() -> None:
    answer = recommend(prior(), Query(params="7B", tokens="1.4T"))[0]  # type: ignore[arg-type]
    assert answer.config["lr"] == pytest.approx(9.2e-4, rel=0.05)
    assert answer.config["batch_tokens"] == pytest.approx(5.0e6, rel=0.2)
    assert [w.code for w in answer.warnings] == ["extrapolation"]


def test_deepseek_counts_the_flops_of_attention_when_the_shape_is_given() -> None:
    compute = (72 * 30 * 4096**2 + 12 * 30 * 4096 * 4096) * 2e12
    answer = LAWS["deepseek"].answer(Query(params=7e9, tokens=2e12, width=4096, layers=30, seq_len=4096))
    assert answer.lr == pytest.approx(0.3118 * compute**-0.125)
    assert answer.batch == pytest.approx(0.2920 * compute**0.3271)


def test_all_laws_answer_side_by_side_and_say_what_they_lack() -> None:
    answers = recommend(prior(), Query(params=1e9, tokens=2e10, all_laws=True))
    assert [a.law for a in answers] == list(LAWS)
    assert answers[-1].config == {}
    assert answers[-1].warnings[0].code == "no-answer"


def test_the_power_schedule_falls_and_ends_near_zero() -> None:
    answer = recommend(prior(), Query(params=1e9, tokens=1e12, law="power", batch_tokens=4e6))[0]
    schedule = answer.tables["schedule"]
    rates = [float(row["lr"]) for row in schedule]  # type: ignore[arg-type]
    assert all(later <= earlier for earlier, later in itertools.pairwise(rates))
    assert rates[0] <= 0.02
    assert schedule[-1]["tokens"] == pytest.approx(1e12)


def test_the_paper_rule_keeps_90_runs_and_gives_the_independent_coefficients() -> None:
    fitted = fit(shared_table("dense"), Options(seq_len=2048, method="paper")).paper
    assert fitted is not None
    assert fitted.kept == 90
    assert math.exp(fitted.lr_ols[0]) == pytest.approx(101.295, rel=1e-4)
    assert fitted.lr_ols[1:] == pytest.approx([-0.77646, 0.19425], abs=1e-5)
    assert math.exp(fitted.batch_ols[0]) == pytest.approx(0.137106, rel=1e-4)
    assert fitted.batch_ols[2] == pytest.approx(0.63272, abs=1e-5)
    assert fitted.lr.coefficients[1:] == pytest.approx([-0.77646, 0.19425], abs=0.01)


def test_leaving_out_one_cell_of_the_dense_table_costs_little_loss() -> None:
    report = backtest(shared_table("dense"), BacktestOptions(seq_len=2048))
    surface = next(score for score in report.summary if score.method == "surface")
    assert report.summary[0].method == "surface"
    assert surface.mean <= 0.045
    assert surface.worst <= 0.12
    assert min(report.coverage.values()) >= 0.8


def test_the_surface_finds_a_known_optimum_within_its_interval() -> None:
    fitted = fit(synthetic_log(), Options())
    for n, d in ((1e8, 4e9), (8e8, 64e9), (1.6e9, 1.28e11)):
        answer = recommend(fitted, Query(params=n, tokens=d))[0]
        for key, truth in (("lr", 2 * n**-0.7 * d**0.3), ("batch_tokens", 0.6 * d**0.57)):
            assert answer.intervals[key].low <= truth <= answer.intervals[key].high
            assert answer.config[key] == pytest.approx(truth, rel=0.12)


def test_a_forced_batch_shifts_the_learning_rate_and_names_its_cost() -> None:
    fitted = fit(synthetic_log(), Options())
    free = recommend(fitted, Query(params=4e8, tokens=16e9))[0]
    batch = 3 * float(free.config["batch_tokens"])  # type: ignore[arg-type]
    forced = recommend(fitted, Query(params=4e8, tokens=16e9, batch_tokens=batch))[0]
    assert forced.config["batch_tokens"] == batch
    assert float(forced.config["lr"]) > float(free.config["lr"])  # type: ignore[arg-type]
    assert forced.expected["excess_loss_percent"].mean > free.expected["excess_loss_percent"].mean


def test_the_batch_is_rounded_to_world_times_micro_batch_within_the_cap() -> None:
    fitted = fit(synthetic_log(), Options())
    query = Query(params=4e8, tokens=16e9, world_size=8, micro_batch=3, seq_len=1024, max_batch_tokens=3e5)
    answer = recommend(fitted, query)[0]
    assert answer.batching is not None
    assert answer.batching.sequences % 24 == 0
    assert answer.batching.sequences == 24 * answer.batching.accumulation
    assert answer.config["batch_tokens"] == answer.batching.sequences * 1024 <= 3e5
    assert answer.batching.cost_percent is not None
    assert answer.batching.cost_percent >= 0


def test_the_next_runs_are_in_the_log_s_cells_and_differ() -> None:
    fitted = fit(synthetic_log(), Options())
    advice = recommend(fitted, Query(params=4e8, tokens=16e9, next_run=True), 4)
    assert len({tuple(a.config.items()) for a in advice}) == 4
    assert all((a.variance_drop_percent or 0) > 0 for a in advice)


def test_an_optimum_at_the_edge_of_the_grid_is_named() -> None:
    log = synthetic_log(noise=0.0)
    cut = log[log["lr"] < 2 * log["params"] ** -0.7 * log["tokens"] ** 0.3 * 0.5]
    assert "edge-optimum" in [w.code for w in fit(cut, Options()).warnings]


def test_batch_in_sequences_needs_a_sequence_length() -> None:
    log = synthetic_log().rename(columns={"batch_tokens": "batch_sequences"})
    with pytest.raises(DegenerateData, match="sequence length"):
        fit(log, Options())


def test_a_batch_larger_than_the_training_names_the_row() -> None:
    log = synthetic_log()
    log.index += 2
    log.loc[5, "batch_tokens"] = 1e15
    with pytest.raises(BadRow) as caught:
        fit(log, Options())
    assert (caught.value.row, caught.value.column) == (5, "batch_tokens")


def test_one_cell_is_too_little() -> None:
    log = synthetic_log()
    with pytest.raises(NotEnoughData, match="2 cells"):
        fit(log[(log["params"] == 1e8) & (log["tokens"] == 4e9)], Options())


def test_one_learning_rate_cannot_tell_the_best() -> None:
    with pytest.raises(DegenerateData, match="learning rate"):
        fit(synthetic_log().assign(lr=1e-3), Options())


def test_asking_for_the_fit_without_one_is_refused() -> None:
    with pytest.raises(BadQuery, match="no fit"):
        recommend(prior(), Query(params=1e9, tokens=1e10, law="fit"))


def test_same_log_in_another_order_gives_the_same_bytes() -> None:
    log = synthetic_log()
    shuffled = log.sample(frac=1.0, random_state=3)
    for method in ("surface", "paper"):
        options = Options(method=method)
        assert fit(log, options).model_dump_json() == fit(shuffled, options).model_dump_json()


def test_a_fit_that_went_through_json_gives_the_same_advice() -> None:
    fitted = fit(synthetic_log(), Options())
    again = Fit.model_validate_json(fitted.model_dump_json())
    query = Query(params=1e9, tokens=1e11)
    assert recommend(again, query) == recommend(fitted, query)


def test_a_split_by_compute_holds_out_the_large_cells_only() -> None:
    report = backtest(synthetic_log(), BacktestOptions(protocol="split", split_compute=1e20))
    assert {fold.held_out for fold in report.folds} == {"N=4e+08 D=6.4e+10", "N=8e+08 D=6.4e+10"}


def test_the_plateau_holds_the_optimum_and_widens_with_the_loss_allowed() -> None:
    answer = recommend(fit(synthetic_log(), Options()), Query(params=4e8, tokens=16e9))[0]
    narrow, wide = answer.tables["plateau"]
    for key, low, high in (("lr", "lr_low", "lr_high"), ("batch_tokens", "batch_low", "batch_high")):
        assert wide[low] < narrow[low] < answer.config[key] < narrow[high] < wide[high]  # type: ignore[operator]


def test_a_cap_below_one_micro_batch_a_worker_is_refused() -> None:
    query = Query(params=1e9, tokens=1e11, world_size=64, micro_batch=4, max_batch_tokens=3e5)
    for fitted in (prior(), fit(synthetic_log(), Options())):
        with pytest.raises(BadQuery, match="every worker"):
            recommend(fitted, query)


def test_the_next_run_of_a_fit_on_active_parameters_needs_them() -> None:
    log = synthetic_log()
    fitted = fit(log.assign(active_params=log["params"] / 4), Options(active=True))
    with pytest.raises(BadQuery, match="active"):
        recommend(fitted, Query(params=4e8, tokens=16e9, next_run=True))
    assert recommend(fitted, Query(params=4e8, active_params=1e8, tokens=16e9, next_run=True))
