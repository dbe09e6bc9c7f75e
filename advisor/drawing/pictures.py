"""Figures as SVG and PNG, by matplotlib: the same bytes for the same figures, and no text of a user read as mathematics."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from advisor.drawing.panel import draw
from advisor.drawing.words import filled
from advisor.text import printable
from fits.figure import Figure
from fits.solver import MissingExtra

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet

WIDTH, HEIGHT = 7.6, 3.7  # inches, of one panel
DOTS = 160  # an inch
CAPTION = 104  # columns in a line
# A colour that nothing else has: on a page it becomes the colour of the page's text, which is light in the dark.
INK = "#1a1b1c"


def require_matplotlib() -> None:
    """Raise `MissingExtra` where it is not installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as missing:
        raise MissingExtra("matplotlib", extra="report") from missing


def svg(figures: Sequence[Figure]) -> str:
    """One picture with a panel for each figure."""
    return _svg(figures, captions=True, title=", ".join(printable(figure.title) for figure in figures))


def inline_svg(figure: Figure) -> str:
    """The picture of one figure as an element of a page: the page has title and caption, and lends its colour and its font."""
    text = _svg([figure], captions=False, title=None)
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', text))
    return re.sub(r' id="([^"]+)"', lambda found: found[0] if found[1] in used else "", text).strip()


def png(figures: Sequence[Figure]) -> bytes:
    """The picture of `svg` in dots."""
    with _settings():
        out = io.BytesIO()
        _sheet(figures, captions=True).savefig(out, format="png", dpi=DOTS, facecolor="white", metadata={"Software": None})
        return out.getvalue()


def _svg(figures: Sequence[Figure], *, captions: bool, title: str | None) -> str:
    with _settings():
        out = io.StringIO()
        metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        facecolor = "white" if captions else "none"
        sheet = _sheet(figures, captions=captions)
        sheet.savefig(out, format="svg", facecolor=facecolor, metadata={**metadata, **({"Title": title} if title else {})})
        return out.getvalue()


@contextmanager
def _settings() -> Iterator[None]:
    """matplotlib's own defaults, whatever the user's matplotlibrc says, and what makes its output the same each time."""
    import matplotlib

    ours: dict[str, Any] = {
        "svg.fonttype": "none",  # text stays text: it can be read aloud, searched, and be in any script
        "svg.hashsalt": "advisor",
        "text.parse_math": False,
        "font.family": ["DejaVu Sans", "sans-serif"],  # the first comes with matplotlib
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 9.0,
        **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
        "axes.facecolor": "none",
    }
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a sign that the font lacks is drawn as a box
        matplotlib.rcdefaults()
        cast("dict[str, Any]", matplotlib.rcParams).update(ours)
        yield


def _sheet(figures: Sequence[Figure], *, captions: bool) -> Sheet:
    """The figures one below the other. Without `pyplot`, which would keep global state and may open a window."""
    from matplotlib.figure import Figure as Sheet
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    texts = [filled(figure.caption, CAPTION) if captions else "" for figure in figures]
    heights = [HEIGHT + (0.3 + 0.17 * (1 + text.count("\n")) if captions else 0.0) for text in texts]
    pad = 0.12 if captions else 0.04
    sheet = Sheet(figsize=(WIDTH, sum(heights)), layout=ConstrainedLayoutEngine(h_pad=pad, w_pad=pad))
    panels = sheet.subplots(len(figures), 1, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    for figure, text, axes in zip(figures, texts, panels, strict=True):
        draw(axes, figure, title=figure.title if captions else "", caption=text)
    return sheet
