"""Optimal learning rate and batch size from N and D: published laws, the paper's rule, and one loss surface over a whole sweep.

Source: "Predictable Scale: Part I", arXiv 2503.04715.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fits.solver import Backtest, BadQuery, Caution, Scalar
from fits.step_law.laws import LAWS, power_lr
from fits.step_law.schema import DIVERGENCE_FACTOR, Advice, BacktestOptions, Batching, Cell, Fit, Options, Query

if TYPE_CHECKING:
    import pandas as pd

    from fits.figure import Figure
    from fits.step_law.model import Predictor

FAR = 3.0  # beyond this many times the log's largest N, D or compute the user is told that the answer is extrapolated


def prior() -> Fit:
    """What is known before any run is logged: the published laws."""
    return Fit(method="prior")


def fit(log: pd.DataFrame, options: Options) -> Fit:
    """Fit a log with the columns of `Log`.

    Raises
    ------
    NotEnoughData
        Fewer than two cells (three for `paper`), too few runs, or no batch in tokens.
    DegenerateData
        Learning rate or batch the same in all runs of every cell.
    BadRow
        A batch larger than the whole training.
    """
    import numpy as np

    from fits.step_law import cells, model, paper

    runs = cells.prepare(log, options)
    cells.require_cells(runs, 2)
    described = cells.describe(runs, options.window)
    diverged = runs[runs["z"] > cells.DIVERGED]
    surface = model.fit_model(runs, options.window) if options.method == "surface" else None
    rng = np.random.default_rng(options.seed)
    return Fit(
        method=options.method,
        runs=len(runs),
        diverged=len(diverged),
        divergence_factor=DIVERGENCE_FACTOR if surface is None else model.divergence_factor(surface, diverged),
        largest_batch_tokens=float(runs["batch"].max()),
        active=options.active,
        cells=described,
        surface=surface,
        paper=paper.fit_paper(runs, bootstrap=options.bootstrap, rng=rng) if options.method == "paper" else None,
        warnings=cells.cautions(described, log),
    )


def backtest(log: pd.DataFrame, options: BacktestOptions) -> Backtest:
    """Hold out cells and measure the loss that the advice for them would have cost: see `fits.step_law.replay`."""
    from fits.step_law.replay import replay

    return replay(log, options)


def figures(fit: Fit, log: pd.DataFrame | None = None) -> list[Figure]:  # noqa: ARG001  (the fit holds the cells of its log)
    """Optimal learning rate and batch over N and D, and the loss around them: see `fits.step_law.figures`."""
    from fits.step_law.figures import draw

    return draw(fit)


def recommend(fit: Fit, query: Query, count: int = 1) -> list[Advice]:
    """Learning rate and batch for `query`: from the fit where there is one, or from a published law.

    Raises
    ------
    BadQuery
        The law asked for needs something that `query` or `fit` does not hold.
    """
    if query.next_run:
        from fits.step_law.design import next_runs

        return next_runs(fit, _size(fit, query), query.tokens, count)
    if not query.all_laws:
        return [_by_name(query.law or ("step-law" if fit.method == "prior" else "fit"), fit, query)]
    answers = []
    for name in (["fit"] if fit.method != "prior" else []) + list(LAWS):
        try:
            answers.append(_by_name(name, fit, query))
        except BadQuery as error:
            left_out = Caution(code="no-answer", message=f"{name}: {error.problem}")
            answers.append(
                Advice(
                    config={},
                    why=f"{name} gives no answer: {error.problem}",
                    law=name,
                    valid_for=LAWS[name].valid_for,
                    warnings=[left_out],
                )
            )
    return answers


def _by_name(name: str, fit: Fit, query: Query) -> Advice:
    if name != "fit":
        return _published(name, query)
    if fit.surface is not None:
        return _from_surface(fit, query)
    if fit.paper is not None:
        return _from_paper(fit, query)
    raise BadQuery("law", "there is no fit to answer from: give one, or name a published law")


def _published(name: str, query: Query) -> Advice:
    law = LAWS[name]
    answer = law.answer(query)
    warnings = list(answer.warnings)
    if query.schedule not in law.schedules:
        message = f"the law was measured under {' or '.join(law.schedules)}, you plan {query.schedule}: the exponent of D differs"
        warnings.append(Caution(code="schedule", message=message))
    if query.active_params is not None:
        warnings.append(Caution(code="total-params", message="laws scale with --params, the total; active parameters are not used"))
    config: dict[str, Scalar] = {} if answer.lr is None else {"lr": answer.lr}
    batching = None
    if answer.batch is not None or query.batch_tokens is not None:
        wanted = query.batch_tokens or answer.batch
        assert wanted is not None
        batching = _batching(_capped(wanted, query), query)
        config["batch_tokens"] = batching.batch_tokens
        if answer.batch is not None and abs(math.log(batching.batch_tokens / answer.batch)) > 0.25:
            message = f"the law's batch is {answer.batch:.3g} tokens; its learning rate belongs to that batch"
            warnings.append(Caution(code="forced-batch", message=message))
    return Advice(
        config=config,
        why=f"published law {name}: {law.valid_for}",
        law=name,
        valid_for=law.valid_for,
        lr_limit=None if answer.lr is None else DIVERGENCE_FACTOR * answer.lr,
        batching=batching if query.world_size is not None else None,
        warnings=warnings,
        tables=_power_schedule(query) if name == "power" else {},
    )


def _power_schedule(query: Query, knots: int = 65) -> dict[str, list[dict[str, Scalar]]]:
    """(tokens, LR): the power law on a geometric grid from 0.1 % of the training to 90 %, then an exponential decay to 1 %."""
    assert query.batch_tokens is not None
    sequences = query.batch_tokens / query.seq_len
    share = [10 ** (-3 + 3 * i / (knots - 1)) * 0.9 for i in range(knots)]
    points = [(s * query.tokens, power_lr(query, s * query.tokens, sequences)) for s in share]
    decay = [(query.tokens * (0.9 + 0.1 * i / 10), points[-1][1] * 0.01 ** (i / 10)) for i in range(1, 11)]
    return {"schedule": [{"tokens": tokens, "lr": lr} for tokens, lr in points + decay]}


def _capped(batch: float, query: Query) -> float:
    return min(batch, query.max_batch_tokens) if query.max_batch_tokens is not None else batch


def _batching(batch: float, query: Query, model: Predictor | None = None, best: float | None = None) -> Batching:
    """Round to world size x micro-batch x accumulation, to whichever neighbour costs less loss (without a model: the nearer)."""
    if query.world_size is None:
        return Batching(sequences=max(1, round(batch / query.seq_len)), accumulation=1, batch_tokens=batch, cost_percent=0.0)
    step = query.world_size * query.micro_batch
    if step * query.seq_len > _capped(math.inf, query):
        raise BadQuery("max_batch_tokens", f"one micro-batch on every worker is already {step * query.seq_len:.4g} tokens")
    below = max(1, math.floor(batch / query.seq_len / step))
    choices = [k for k in (below, below + 1) if k == below or (k * step * query.seq_len <= _capped(math.inf, query))]

    def cost(k: int) -> float:
        log_batch = math.log(k * step * query.seq_len)
        if model is None:
            return abs(log_batch - math.log(batch))
        return model.excess_percent(model.lr_for_batch(log_batch), log_batch)

    chosen = min(choices, key=cost)
    return Batching(
        sequences=chosen * step,
        accumulation=chosen,
        batch_tokens=chosen * step * query.seq_len,
        cost_percent=None if model is None or best is None else max(0.0, cost(chosen) - best),
    )


def _size(fit: Fit, query: Query) -> float:
    if not fit.active:
        return query.params
    if query.active_params is None:
        raise BadQuery("active_params", "this fit scales with active parameters: give --active-params")
    return query.active_params


def _from_surface(fit: Fit, query: Query) -> Advice:
    from fits.step_law.model import Predictor

    assert fit.surface is not None
    params = _size(fit, query)
    model = Predictor(fit.surface, params, query.tokens)
    lr_interval, batch_interval = model.intervals()
    wanted = _capped(query.batch_tokens or batch_interval.mean, query)
    forced = wanted != batch_interval.mean
    log_lr = model.lr_for_batch(math.log(wanted)) if forced else model.log_lr
    batching = None
    if query.world_size is not None:
        batching = _batching(wanted, query, model, model.excess_percent(log_lr, math.log(wanted)))
        wanted = batching.batch_tokens
        log_lr = model.lr_for_batch(math.log(wanted))
    lr = math.exp(log_lr)
    shift = lr / lr_interval.mean
    warnings, extrapolation = _extrapolation(fit, params, query)
    if query.schedule != "cosine":
        message = f"the fit knows no schedule but its log's; you plan {query.schedule}"
        warnings.append(Caution(code="schedule", message=message))
    if lr > fit.divergence_factor * lr_interval.mean:
        message = (
            f"runs begin to diverge at {fit.divergence_factor:.1f} x the best learning rate; this batch asks for {shift:.1f} x"
        )
        warnings.append(Caution(code="divergence", message=message))
    warnings += _batch_cautions(fit, wanted, batch_interval.mean)
    scaled = lr_interval.model_copy(update={"mean": lr, "low": lr_interval.low * shift, "high": lr_interval.high * shift})
    intervals = {"lr": scaled} if forced or batching else {"lr": lr_interval, "batch_tokens": batch_interval}
    return Advice(
        config={"lr": lr, "batch_tokens": wanted},
        intervals=intervals,
        expected={"excess_loss_percent": model.excess_interval(log_lr, math.log(wanted))},
        why=f"loss surface over {fit.runs} runs in {len(fit.cells)} cells",
        law="fit",
        valid_for=_range(fit.cells),
        lr_limit=fit.divergence_factor * lr_interval.mean,
        batching=batching,
        extrapolation=extrapolation,
        warnings=warnings,
        tables={"plateau": [model.plateau(0.125), model.plateau(0.25)]},
    )


def _from_paper(fit: Fit, query: Query) -> Advice:
    from fits.step_law.paper import power_interval

    assert fit.paper is not None
    params = _size(fit, query)
    laws = {"lr": fit.paper.lr, "batch_tokens": fit.paper.batch}
    intervals = {name: power_interval(law, params, query.tokens) for name, law in laws.items()}
    warnings, extrapolation = _extrapolation(fit, params, query)
    batch = _batching(_capped(query.batch_tokens or intervals["batch_tokens"].mean, query), query)
    if query.batch_tokens is not None:
        warnings.append(
            Caution(code="forced-batch", message="the paper's rule has no learning rate for a forced batch: use surface")
        )
    return Advice(
        config={"lr": intervals["lr"].mean, "batch_tokens": batch.batch_tokens},
        intervals=intervals if batch.batch_tokens == intervals["batch_tokens"].mean else {"lr": intervals["lr"]},
        why=f"the paper's rule on the {fit.paper.kept} of {fit.runs} runs within 0.25 % of their cell's best",
        law="fit",
        valid_for=_range(fit.cells),
        lr_limit=fit.divergence_factor * intervals["lr"].mean,
        batching=batch if query.world_size is not None else None,
        extrapolation=extrapolation,
        warnings=warnings + _batch_cautions(fit, batch.batch_tokens, intervals["batch_tokens"].mean),
    )


def _range(cells: list[Cell]) -> str:
    n, d = [c.params for c in cells], [c.tokens for c in cells]
    return f"the log: N {min(n):.3g}-{max(n):.3g}, D {min(d):.3g}-{max(d):.3g}"


def _batch_cautions(fit: Fit, batch: float, best: float) -> list[Caution]:
    found = []
    if fit.largest_batch_tokens is not None and batch > fit.largest_batch_tokens:
        message = f"no run in the log used a batch above {fit.largest_batch_tokens:.3g} tokens"
        found.append(Caution(code="batch-unvalidated", message=message))
    if abs(math.log(batch / best)) > math.log(8):
        message = f"the batch is a factor {max(batch / best, best / batch):.1f} from the optimum: the surface is uncertain there"
        found.append(Caution(code="far-from-optimum", message=message))
    return found


def _extrapolation(fit: Fit, params: float, query: Query) -> tuple[list[Caution], dict[str, float]]:
    """Ratios to the largest (where smaller than all: the smallest) N, D and 6ND of the log, and a caution beyond `FAR`."""
    ratios, far = {}, []
    for name, value, logged in (
        ("params", params, [c.params for c in fit.cells]),
        ("tokens", query.tokens, [c.tokens for c in fit.cells]),
        ("compute", params * query.tokens, [c.params * c.tokens for c in fit.cells]),
    ):
        ratio = value / max(logged) if value >= min(logged) else value / min(logged)
        ratios[name] = ratio
        if ratio > FAR:
            far.append(f"{name} {ratio:.1f} times the log's largest")
        elif value < min(logged) / FAR:
            far.append(f"{name} {1 / ratio:.1f} times below the log's smallest")
    return ([Caution(code="extrapolation", message=", ".join(far))] if far else []), ratios
