"""A fit as one HTML page that needs nothing else: each figure with its numbers below it, and where the fit came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from advisor.artifact import Artifact
from advisor.drawing.numbers import rows
from advisor.drawing.pictures import inline_svg
from advisor.tables import cell
from advisor.text import printable
from fits import registry
from fits.figure import Figure
from fits.solver import Caution

# Nothing may be loaded and nothing may run, whatever a name in the log says.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 0 auto; padding: 1.5rem; }
h1 { margin: 0; } h2 { margin: 2.5rem 0 .5rem; font-size: 1.2rem; } p { margin: .3rem 0; }
figure { margin: 0; } figcaption, .small { font-size: .85rem; opacity: .8; }
svg { width: 100%; height: auto; } svg text { font-family: system-ui, sans-serif !important; }
details { margin: .5rem 0; } summary { cursor: pointer; font-size: .85rem; }
.scroll { max-height: 24rem; overflow: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .15rem .8rem .15rem 0; text-align: right; vertical-align: top; border-bottom: 1px solid #8884; }
th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1.2rem; font-size: .85rem; }
dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
"""


def page(made: Artifact, figures: Sequence[Figure], logs: Sequence[str] = ()) -> str:
    """The page. `logs` are the names of the logs, where they are known: a fit file does not hold them."""
    summary = registry.load(made.solver).entry.summary
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        f"<title>{_text(made.solver)}: {_text(summary)}</title><style>{STYLE}</style></head>",
        f"<body><header><h1>{_text(made.solver)}</h1><p>{_text(summary)}</p></header>",
        "<main>",
        *(_section(figure) for figure in figures),
        _warnings([*made.warnings, *made.fit.warnings]),
        "</main>",
        f"<footer><h2>Where this comes from</h2>{_provenance(made, logs)}</footer>",
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _warnings(warnings: Sequence[Caution]) -> str:
    items = "".join(f"<li>{_text(text)}</li>" for text in dict.fromkeys(warning.message for warning in warnings))
    return f"<section><h2>Warnings</h2><ul>{items}</ul></section>" if items else ""


def _section(figure: Figure) -> str:
    described = f"{figure.title}: {figure.y.text} over {figure.x.text}; the numbers are in the table below"
    return f"""<section id="{figure.name}"><h2>{_text(figure.title)}</h2>
<figure><div role="img" aria-label="{_text(described)}">
{inline_svg(figure)}
</div><figcaption>{_text(figure.caption)}</figcaption></figure>
<details><summary>The numbers</summary><div class="scroll" tabindex="0">{_numbers(figure)}</div></details></section>"""


def _numbers(figure: Figure) -> str:
    head = ["", "drawn as", figure.x.text, figure.y.text, "low", "high"]
    body = ([label, kind, *("" if value is None else f"{value:.6g}" for value in values)] for label, kind, *values in rows(figure))
    lines = "\n".join(_row("td", line) for line in body)
    return f"<table><thead>{_row('th', head)}</thead><tbody>{lines}</tbody></table>"


def _row(tag: str, cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{_text(text)}</{tag}>" for text in cells) + "</tr>"


def _provenance(made: Artifact, logs: Sequence[str]) -> str:
    log = made.log
    pairs = [
        ("solver", f"{made.solver} {made.version}"),
        *(("log", name) for name in logs),
        ("SHA-256 of the log", log.sha256),
        ("rows", f"{log.rows}, of which {log.used} used and {log.dropped} dropped"),
        *((f"column of {role}", column) for role, column in log.columns.items()),
        *((f"option {name}", cell(value)) for name, value in made.options.items()),
    ]
    return "<dl>" + "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in pairs) + "</dl>"


def _text(text: str) -> str:
    return escape(printable(text))
