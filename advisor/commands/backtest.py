"""`advisor backtest SOLVER LOG`: how good the advice would have been on the user's own log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from advisor import strict_json
from advisor.commands.shared import (
    ENCODING,
    DebugOption,
    EncodingOption,
    FormatOption,
    LogArgument,
    MapOption,
    QuietOption,
    StrictOption,
    families_of,
    for_people,
    log_parameters,
    read,
    roles_with_option,
)
from advisor.options import build, given, parameters, summary, with_parameters
from advisor.render import caution, chosen, csv_text, emit
from advisor.tables import grid, wrapped
from fits import registry
from fits.solver import Backtest, Scalar

HELP = "Replay a log: how good would the advice have been?"
SCHEMA = "advisor/backtest/1"


def backtest_command(solver: registry.Solver) -> Callable[..., None]:
    """The command `advisor backtest` for one solver."""

    def run(
        log: LogArgument,
        map_: MapOption = None,
        encoding: EncodingOption = ENCODING,
        strict: StrictOption = False,
        format_: FormatOption = None,
        quiet: QuietOption = False,
        _debug: DebugOption = False,
        **fields: Any,
    ) -> None:
        options = build(solver.BacktestOptions, given(solver.BacktestOptions, fields))
        table = read(solver, log, map_, encoding, strict, fields, options)
        with for_people(table):
            result = solver.backtest(table.frame, options)
        caution([*table.warnings, *result.warnings], quiet=quiet)
        document = {
            "schema": SCHEMA,
            "solver": solver.name,
            "version": solver.entry.version,
            "log": {"sha256": table.sha256, "rows_used": table.rows - table.dropped, "rows_dropped": table.dropped},
            "options": summary(options),
            "backtest": result.model_dump(mode="json"),
            "warnings": [warning.model_dump(mode="json") for warning in table.warnings],
        }
        match chosen(format_):
            case "json":
                emit(strict_json.pretty(document))
            case "ndjson":
                emit(strict_json.compact(document))
            case "csv":
                emit(csv_text(_folds(result)))
            case "table":
                emit(_text(result))

    generated = [
        *log_parameters(solver),
        *parameters(solver.BacktestOptions, skip=[*families_of(solver), *roles_with_option(solver)]),
    ]
    return with_parameters(run, generated)


def _folds(result: Backtest) -> list[dict[str, Scalar]]:
    """One row a fold, one column a method."""
    return [{"held_out": fold.held_out, "rows": fold.rows, **fold.scores} for fold in result.folds]


def _text(result: Backtest) -> str:
    better = "smaller is better" if result.smaller_is_better else "larger is better"
    parts = [wrapped(f"{result.protocol}; {result.metric}, {better}")]
    scores = [score.model_dump() for score in result.summary]
    limits = ["low", "high"] if any("low" in score for score in scores) else []
    parts.append(grid(scores, ["method", "mean", *limits, "worst", "folds"]))
    parts += [grid(rows, title=name) for name, rows in result.tables.items() if rows]
    if result.coverage:
        shares = [{"quantity": name, "interval held the truth": f"{share:.0%}"} for name, share in result.coverage.items()]
        parts.append(grid(shares))
    return "\n\n".join(parts)
