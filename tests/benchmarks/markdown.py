"""The tables that the benchmarks print."""

from __future__ import annotations


def print_row(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


def print_head(*cells: str) -> None:
    """The names of the columns; all but the first hold numbers."""
    print_row(*cells)
    print("|" + "---|" + "---:|" * (len(cells) - 1))
