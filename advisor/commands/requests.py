"""`advisor recommend --requests`: one JSON query a line in, one JSON answer a line out, in the same order, at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from advisor import strict_json
from advisor.answer import SCHEMA, Source, answer
from advisor.commands.shared import translated
from advisor.errors import RequestError
from advisor.files import reason
from advisor.options import problems
from advisor.render import emit
from advisor.text import printable
from fits import registry
from fits.solver import BadQuery, DegenerateData, NotEnoughData, SolverError


class _Refused(Exception):
    """A request that gets an error for an answer: a code for machines, a sentence for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, printable(message)


def answer_requests(solver: registry.Solver, source: Source, requests: str, defaults: Mapping[str, Any], count: int) -> None:
    """Answer every line; `defaults` are the query fields that were given on the command line.

    Raises
    ------
    RequestError
        At the end, where at least one line got an error for an answer.
    """
    asked = refused = 0
    for line, data in _lines(requests):
        asked += 1
        try:
            document = {"line": line, **_answer(solver, source, {**defaults, **_query(data)}, count)}
        except _Refused as error:
            refused += 1
            document = {"line": line, "error": {"code": error.code, "message": error.message}}
        emit(strict_json.compact({"schema": SCHEMA, **document}))
    if refused:
        raise RequestError(f"{refused} of {asked} requests could not be answered", advice="each has its error in its own line")


def _lines(requests: str) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each line that is not blank, as soon as it is there."""
    try:
        with nullcontext(sys.stdin.buffer) if requests == "-" else Path(requests).open("rb") as stream:
            for number, data in enumerate(stream, start=1):
                if data.strip():
                    yield number, data
    except (OSError, ValueError, AttributeError) as error:  # AttributeError: stdin is closed, so there is no buffer
        raise RequestError(f"cannot read {requests}: {reason(error)}") from error


def _query(data: bytes) -> dict[str, Any]:
    try:
        query = strict_json.loads(data)
    except ValueError as error:
        raise _Refused("bad-json", str(error)) from error
    if not isinstance(query, dict):
        raise _Refused("bad-json", "a request is a JSON object of query fields")
    return query


def _answer(solver: registry.Solver, source: Source, fields: Mapping[str, Any], count: int) -> dict[str, Any]:
    try:
        query = solver.Query.model_validate(fields)
        advice = solver.recommend(source.fit, query, count)
    except ValidationError as error:
        raise _Refused("bad-query", "; ".join(f"{place}: {problem}" for place, problem in problems(error))) from error
    except BadQuery as error:
        raise _Refused("bad-query", str(error)) from error
    except SolverError as error:
        codes: dict[type[SolverError], str] = {NotEnoughData: "not-enough-data", DegenerateData: "degenerate-data"}
        raise _Refused(codes.get(type(error), "cannot-answer"), translated(error).message) from error
    return answer(solver, source, query, advice)
