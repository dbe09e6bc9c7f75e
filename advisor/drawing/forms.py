"""The forms in which figures are handed out, and which of them is meant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from advisor import strict_json
from advisor.artifact import Artifact
from advisor.errors import UsageError
from advisor.files import refuse_special
from advisor.render import on_terminal
from advisor.text import shorten

if TYPE_CHECKING:
    from fits.figure import Figure

SCHEMA = "advisor/report/1"

Form = Literal["plot", "json", "svg", "png", "html"]
SUFFIXES: dict[str, Form] = {".svg": "svg", ".png": "png", ".html": "html", ".htm": "html"}


def chosen_form(output: str | None, to: Form | None) -> Form:
    """What to write, found before the work. A file is only ever written with the suffix of its form, so no slip destroys a log."""
    form: Form
    if output is None or output == "-":
        if to == "png":
            raise UsageError("--to png needs a file", advice="give -o FILE.png")
        if output == "-" and to is None:
            raise UsageError("-o - needs a form", advice="add --to svg, or --to html")
        form = to or ("plot" if on_terminal() else "json")
    else:
        suffix = PurePath(output).suffix
        by_suffix = SUFFIXES.get(suffix.lower())
        if by_suffix is None:
            raise UsageError(f"-o: no form has the suffix {shorten(suffix)!r}", advice=f"choose one of {', '.join(SUFFIXES)}")
        if to not in (None, by_suffix):
            raise UsageError(f"--to {to} and the suffix of -o {shorten(output)} exclude each other")
        refuse_special(output)
        form = by_suffix
    if form in ("svg", "png", "html"):
        from advisor.drawing.pictures import require_matplotlib

        require_matplotlib()
    return form


def content(made: Artifact, figures: Sequence[Figure], form: Form, logs: Sequence[str]) -> str | bytes:
    """The figures in this form. `logs` are the names of the logs, where they are known."""
    if form != "json":
        from advisor.drawing.thinning import thinned

        figures = [thinned(figure) for figure in figures]
    match form:
        case "json":
            document = {key: value for key, value in made.document().items() if key not in ("fit", "checksum")}
            warnings = [warning.model_dump(mode="json") for warning in [*made.warnings, *made.fit.warnings]]
            drawn = [figure.model_dump(mode="json") for figure in figures]
            return strict_json.pretty({**document, "schema": SCHEMA, "warnings": warnings, "figures": drawn})
        case "plot":
            from advisor.drawing.terminal import plots

            return plots(figures)
        case "html":
            from advisor.drawing.page import page

            return page(made, figures, logs)
        case _:
            from advisor.drawing import pictures

            return pictures.svg(figures) if form == "svg" else pictures.png(figures)
