"""Words in a figure: what stands beside a rule, and text cut or wrapped to the room there is."""

from __future__ import annotations

import textwrap

from rich.cells import cell_len, set_cell_size

from advisor.tables import number
from advisor.text import printable
from fits.figure import Rule


def named(rule: Rule) -> str:
    """The label of a rule with its number."""
    return f"{rule.label}: {number(rule.at)}"


def fitted(text: str, columns: int) -> str:
    """`text` made printable, and cut to so many columns: a Chinese sign takes two."""
    safe = printable(text)
    return safe if cell_len(safe) <= columns else set_cell_size(safe, columns - 3).rstrip() + "..."


def filled(text: str, columns: int) -> str:
    """`text` made printable, and wrapped to about so many columns."""
    safe = printable(text)
    return textwrap.fill(safe, max(1, columns * len(safe) // max(1, cell_len(safe))))
