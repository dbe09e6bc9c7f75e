"""What a solver is: the models it declares, the functions it gives, and the errors it raises.

A solver is a package with two modules:

`schema`
    Pydantic models only, imported in milliseconds: `Log` (one row of the log), `Options` (how to fit),
    `Query` (what is asked), `Fit` (all that was learned), `Advice` (the solver's own subclass, or `fits.solver.Advice` itself),
    and optionally `BacktestOptions`, `EXAMPLES`, command lines for the help of each verb, and ``BEGINS_EMPTY = True``, where a log
    without rows or columns can be fitted: its frame is empty. No field of `Options` or `Query` may
    be named like an option of the command set.
`solver`
    ``fit(log, options) -> Fit``, ``recommend(fit, query, count) -> list[Advice]``,
    ``backtest(log, options) -> Backtest``, and optionally ``prior() -> Fit``: what is known before any row is logged, and
    ``policy(options, fit=None, state=None) -> Policy``: the online form, for a solver that lives in somebody's loop; `options` is
    the schema's `PolicyOptions` (a solver without that model uses `Options`), `fit` what a log taught, `state` what
    ``Policy.state`` of an earlier process gave; and ``figures(fit, log=None) -> list[Figure]``: what to draw, as the plain data
    of `fits.figure`, from the fit alone or with the log that it was made from.

The log is a DataFrame with a column a role, its index unique. ``log.attrs["columns"]`` says which column of the file each role
was read from, for a solver that learns from the name: that of a loss tells which way is better. A log made by hand may lack it.

All functions are pure: the same arguments give the same bytes. Errors are raised with facts; people's wording is made elsewhere.

    SolverError
    ├── NotEnoughData      the log was read, but holds too little to answer
    ├── DegenerateData     the log was read, but cannot determine an answer
    ├── BadRow             one value of the log breaks a rule that only the solver knows
    ├── BadQuery           the question cannot be asked of this fit
    ├── UnknownId          an outcome was told of a decision that waits for none
    └── MissingExtra       an optional package is not installed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

if TYPE_CHECKING:
    import pandas as pd

Scalar = float | int | str | bool | None


class Model(BaseModel):
    """A frozen record that refuses unknown keys, NaN and infinity, so that what is written as JSON reads back the same."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


# --- the log -----------------------------------------------------------------------------------------------------------


class LogRow(Model):
    """One row of a log. A field's name is its role; `role` and `family` give the unit, the bounds and the aliases."""


def role(
    description: str,
    *,
    unit: str | None = None,
    aliases: Sequence[str] = (),
    measured: bool = False,
    option: bool = False,
    source: bool = False,
    default: Any = ...,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
) -> Any:
    """Declare a field of a `LogRow`.

    Parameters
    ----------
    description : what the column holds, for help and JSON Schema.
    unit : unit of the values, e.g. ``"tokens"``.
    aliases : column names that mean this role; case, spaces and ``_ - .`` do not count.
    measured : the value is an outcome, so a row where it is empty, NaN or infinite is dropped and counted, not refused.
    option : the role has an option of its own: ``--cost COLUMN`` is short for ``--map cost=COLUMN``.
    source : where no column fills the role and several logs are given, each row gets the name of its log.
    default : value where the log has no such column; a role without a default is required.
    gt, ge, lt, le : bounds of a value, as in `pydantic.Field`.
    """
    extra: dict[str, Any] = {"aliases": list(aliases), "measured": measured}
    if unit is not None:
        extra["unit"] = unit
    if option:
        extra["option"] = True
    if source:
        extra["source"] = True
    return Field(default, description=description, json_schema_extra=extra, gt=gt, ge=ge, lt=lt, le=le)


def family(description: str, *, required: bool = False, flags: Sequence[str] = ()) -> Any:
    """Declare a field of type ``dict[str, float]`` or ``dict[str, str]`` that stands for columns the user names.

    The reader hands such columns on as ``"<field>.<the user's name>"``; `family_columns` gives them back under their own names.
    `flags` are further spellings of its option, such as ``"--context"``.
    """
    extra: dict[str, Any] = {"family": True, **({"flags": list(flags)} if flags else {})}
    if required:
        return Field(description=description, json_schema_extra=extra)
    return Field(default_factory=dict, description=description, json_schema_extra=extra)


def family_columns(log: pd.DataFrame, field: str) -> pd.DataFrame:
    """The columns of the family `field`, under the names the user gave them, in the order of the log."""
    prefix = field + "."
    mine = [column for column in log.columns if column.startswith(prefix)]
    return log[mine].rename(columns={column: column.removeprefix(prefix) for column in mine})


# --- options and queries -----------------------------------------------------------------------------------------------


class OptionsModel(Model):
    """How to fit. Every field becomes an option of ``advisor fit``."""

    seed: int = Field(0, ge=0, description="Seed of every random choice")


class QueryModel(Model):
    """What a recommendation is asked for. Every field becomes an option of ``advisor recommend`` and a key of a JSON request."""


def _count_from_text(value: object) -> object:
    """Read "7B" as 7e9; anything that is not a number with one of the suffixes is left for pydantic to judge."""
    if isinstance(value, str):
        text = value.strip()
        factor = {"K": 1e3, "M": 1e6, "B": 1e9, "G": 1e9, "T": 1e12}.get(text[-1:].upper())
        if factor is not None and text[:-1].isascii() and "_" not in text:
            try:
                return float(text[:-1]) * factor
            except ValueError:
                return value
    return value


Count = Annotated[float, BeforeValidator(_count_from_text), Field(json_schema_extra={"metavar": "COUNT"})]
"""A large number that people write as 7B, 1.4T or 56.9e9."""


# --- what comes out ----------------------------------------------------------------------------------------------------


class FitModel(Model):
    """All that was learned, as plain data: self-contained, JSON-serialisable, no pickle."""

    warnings: list[Caution] = Field(default_factory=list, description="What to know before trusting the fit")


class Interval(Model):
    """A central estimate with an interval that is meant to hold the truth with probability `level`."""

    mean: float
    low: float
    high: float
    level: float = 0.9


class Caution(Model):
    """Something the user should know: a code for machines, a sentence for people."""

    code: str
    message: str


class Advice(Model):
    """What to do next.

    Attributes
    ----------
    config : the recommended values; keys are roles of the log or the user's own column names.
    intervals : where the best value of a key of `config` lies.
    expected : what following the advice should give.
    why : one sentence: what the advice rests on.
    tables : further rows for people and pipelines, by name (a schedule, a comparison).
    """

    config: dict[str, Scalar]
    intervals: dict[str, Interval] = Field(default_factory=dict)
    expected: dict[str, Interval] = Field(default_factory=dict)
    why: str
    warnings: list[Caution] = Field(default_factory=list)
    tables: dict[str, list[dict[str, Scalar]]] = Field(default_factory=dict)


class Fold(Model):
    """One part of the log that was held out: the score of every method on it, and whether its interval held the truth."""

    held_out: str
    rows: int
    scores: dict[str, float | None]
    covered: dict[str, bool] = Field(default_factory=dict)


class Brief(Model):
    """A record whose JSON has no key of `left_out` where that holds nothing."""

    left_out: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _brief(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        return {name: value for name, value in written.items() if name not in self.left_out or (value is not None and value != {})}


class MethodScore(Brief):
    """A method over all folds in which it gave an answer; `low` and `high` are the 90 % interval of its mean, where asked for."""

    left_out = frozenset({"low", "high"})

    method: str
    mean: float
    worst: float
    folds: int
    low: float | None = None
    high: float | None = None


class Backtest(Brief):
    """How good the advice would have been on the user's own log.

    `summary` is best first and follows from `folds`; `metric` says what a score is, with its unit. `tables` are further rows for
    people and pipelines, by name.
    """

    left_out = frozenset({"tables"})

    protocol: str
    metric: str
    smaller_is_better: bool = True
    summary: list[MethodScore]
    coverage: dict[str, float] = Field(default_factory=dict)
    folds: list[Fold]
    tables: dict[str, list[dict[str, Scalar]]] = Field(default_factory=dict)
    warnings: list[Caution] = Field(default_factory=list)

    @classmethod
    def from_folds(
        cls,
        *,
        protocol: str,
        metric: str,
        folds: list[Fold],
        smaller_is_better: bool = True,
        intervals: bool = False,
        tables: Mapping[str, list[dict[str, Scalar]]] | None = None,
        warnings: Sequence[Caution] = (),
    ) -> Backtest:
        """Summarise `folds`: mean and worst score a method, share of covered truths a quantity.

        With `intervals` each mean has Student's 90 % interval, for folds that are independent repetitions.
        """
        sign = 1.0 if smaller_is_better else -1.0
        scores: dict[str, list[float]] = {}
        hits: dict[str, list[bool]] = {}
        for fold in folds:
            for method, score in fold.scores.items():
                if score is not None:
                    scores.setdefault(method, []).append(score)
            for quantity, hit in fold.covered.items():
                hits.setdefault(quantity, []).append(hit)
        summary = [
            MethodScore(
                method=m,
                mean=sum(v) / len(v),
                worst=max(v, key=lambda s: sign * s),
                folds=len(v),
                **(_interval_of_mean(v) if intervals and len(v) > 1 else {}),
            )
            for m, v in scores.items()
        ]
        return cls(
            protocol=protocol,
            metric=metric,
            smaller_is_better=smaller_is_better,
            summary=sorted(summary, key=lambda s: (sign * s.mean, s.method)),
            coverage={quantity: sum(v) / len(v) for quantity, v in hits.items()},
            folds=folds,
            tables=dict(tables or {}),
            warnings=list(warnings),
        )


def _interval_of_mean(values: Sequence[float]) -> dict[str, float]:
    """Student's 90 % interval of the mean of n >= 2 independent values."""
    from statistics import fmean, stdev

    from scipy.special import stdtrit

    mean, n = fmean(values), len(values)
    half = float(stdtrit(n - 1, 0.95)) * stdev(values) / n**0.5
    return {"low": mean - half, "high": mean + half}


# --- in a loop ---------------------------------------------------------------------------------------------------------


class Policy(Protocol):
    """A solver that decides one question at a time and learns from each outcome, however late it is told.

    `next_id` is the id of the next decision. Ids count up; whoever resumes a policy may raise it, so that no id is given twice.
    """

    next_id: int

    def ask(self, query: Mapping[str, Any]) -> tuple[int, dict[str, Scalar]]:
        """Decide: the id under which the outcome will be told, and what to do.

        Raises
        ------
        BadQuery
            The question lacks something, or holds a value that cannot be used.
        """
        ...

    def tell(self, id_: int, outcome: Mapping[str, Any]) -> None:
        """Take in the outcome of a decision.

        Raises
        ------
        UnknownId
            No decision of this id waits for an outcome.
        BadQuery
            The outcome cannot be used; the decision goes on waiting.
        """
        ...

    def state(self) -> dict[str, Any]:
        """Everything needed to go on with the same decisions in another process, as plain JSON of bounded size."""
        ...


# --- errors ------------------------------------------------------------------------------------------------------------


class SolverError(Exception):
    """Base of all that a solver raises on purpose."""


class NotEnoughData(SolverError):
    """The log holds too little to answer: `needed` says what, `found` how much there is."""

    def __init__(self, needed: str, *, found: object) -> None:
        super().__init__(f"needs {needed}; found {found}")
        self.needed, self.found = needed, found


class DegenerateData(SolverError):
    """The log cannot determine an answer: `problem` says why, `remedy` what to log instead."""

    def __init__(self, problem: str, *, remedy: str) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.problem, self.remedy = problem, remedy


class BadRow(SolverError):
    """A value breaks a rule that only the solver knows. `row` is the label in the log's index, `column` the role."""

    def __init__(self, *, row: int, column: str, value: object, expected: str) -> None:
        super().__init__(f"row {row}, {column}={value!r}: expected {expected}")
        self.row, self.column, self.value, self.expected = row, column, value, expected


class BadQuery(SolverError):
    """The question cannot be asked of this fit: `field` is the field of `Query` at fault."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field, self.problem = field, problem


class UnknownId(SolverError):
    """No decision of this id waits for an outcome: it was never made, was told before, or was forgotten."""

    def __init__(self, id_: int, problem: str) -> None:
        super().__init__(f"id {id_} {problem}")
        self.id, self.problem = id_, problem


class MissingExtra(SolverError):
    """An optional package is needed: ``pip install 'DISTRIBUTION[extra]'`` brings it."""

    def __init__(self, package: str, *, extra: str) -> None:
        super().__init__(f"needs the package {package}, which the extra [{extra}] installs")
        self.package, self.extra = package, extra


Goal = Literal["min", "max"]
FitModel.model_rebuild()
