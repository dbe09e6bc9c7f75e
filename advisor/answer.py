"""The answer to `advisor recommend`: the document with its provenance, and its four forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from advisor import strict_json
from advisor.artifact import Artifact
from advisor.errors import UsageError
from advisor.render import Format, csv_text, emit
from advisor.text import shorten
from fits import registry
from fits.solver import Advice, Caution, FitModel, Interval, QueryModel, Scalar

SCHEMA = "advisor/recommend/1"


@dataclass(frozen=True)
class Source:
    """What an answer rests on: a fit file, a log, or what the solver knew before any log."""

    kind: Literal["fit", "log", "prior"]
    fit: FitModel
    artifact: Artifact | None

    @property
    def warnings(self) -> list[Caution]:
        return [*(self.artifact.warnings if self.artifact else []), *self.fit.warnings]

    def provenance(self) -> dict[str, Any]:
        if self.artifact is None:
            return {"kind": self.kind}
        log = self.artifact.log
        return {
            "kind": self.kind,
            "sha256": log.sha256,
            "rows_used": log.used,
            "rows_dropped": log.dropped,
            "options": self.artifact.options,
        }


def answer(solver: registry.Solver, source: Source, query: QueryModel, advice: Sequence[Advice]) -> dict[str, Any]:
    """The JSON document. It names no file, so that the same log and question give the same bytes everywhere."""
    return {
        "schema": SCHEMA,
        "solver": solver.name,
        "version": solver.entry.version,
        "source": source.provenance(),
        "query": query.model_dump(mode="json"),
        "advice": [item.model_dump(mode="json") for item in advice],
        "warnings": [warning.model_dump(mode="json") for warning in source.warnings],
    }


def show(document: dict[str, Any], advice: Sequence[Advice], form: Format, table: str | None) -> None:
    """Write the answer, or only one table of its first advice, to stdout."""
    if table is not None:
        _show_table(_named_table(advice, table), form)
    elif form == "json":
        emit(strict_json.pretty(document))
    elif form == "ndjson":
        emit(strict_json.compact(document))
    elif form == "csv":
        emit(csv_text([_row(item) for item in advice]))
    else:
        from advisor.advice_table import advice_text

        emit(advice_text(advice))


def _named_table(advice: Sequence[Advice], name: str) -> list[dict[str, Scalar]]:
    tables = advice[0].tables if advice else {}
    if name not in tables:
        there = f"there are: {', '.join(tables)}" if tables else "this answer has no tables"
        raise UsageError(f"--table: no table named {shorten(name)!r}", advice=there)
    return tables[name]


def _show_table(rows: list[dict[str, Scalar]], form: Format) -> None:
    if form == "json":
        emit(strict_json.pretty(rows))
    elif form == "ndjson":
        for row in rows:
            emit(strict_json.compact(row))
    elif form == "csv":
        emit(csv_text(rows))
    else:
        from advisor.tables import grid

        emit(grid(rows))


def _row(item: Advice) -> dict[str, Scalar]:
    """One advice as a row of CSV: the values, their intervals, then what to expect."""
    row = dict(item.config)
    for group, shown in ((item.intervals, False), (item.expected, True)):
        for name, interval in group.items():
            row |= _columns(name, interval, mean=shown)
    return row


def _columns(name: str, interval: Interval, *, mean: bool) -> dict[str, Scalar]:
    bounds: dict[str, Scalar] = {f"{name}_low": interval.low, f"{name}_high": interval.high}
    return {f"expected_{name}": interval.mean, **{f"expected_{key}": value for key, value in bounds.items()}} if mean else bounds
