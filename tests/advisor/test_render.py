"""Numbers and tables for people: four digits, 80 columns, nothing read as markup."""

from __future__ import annotations

import pytest

from advisor import render, tables


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (2048, "2,048"),
        (1073741824, "1.074e9"),
        (3430000.0, "3,430,000"),
        (24576.4, "24,580"),
        (0.001953125, "0.001953"),
        (7.665e-5, "7.665e-5"),
        (0.1, "0.1"),
        (-1.5e-9, "-1.5e-9"),
        (99999.9, "100,000"),
        (1e300, "1e300"),
    ],
)
def test_numbers_have_four_digits(value, text):
    assert tables.number(value) == text


@pytest.mark.parametrize("columns", ["20", "40", "80"])
def test_tables_keep_the_width(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    wide = [{f"column {k}": k * 1.234567 for k in range(12)}]
    prose = [{"name": "x", "what": "a long sentence " * 20}]
    for rows in (wide, prose, []):
        for line in tables.grid(rows).splitlines():
            assert len(line) <= int(columns)


def test_cells_are_never_markup_and_hold_no_escape():
    text = tables.grid([{"[/x]": "[bold]b[/bold] :smile: \x1b[31mred\x1b]8;;http://x\x1b\\ \u202eabc"}])
    assert "[/x]" in text
    assert "[bold]b[/bold] :smile:" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_csv_has_full_precision_and_empty_nulls():
    rows = [{"a": 0.1 + 0.2, "b": None, "c": True, "d": "x,\x1by"}]
    assert render.csv_text(rows) == 'a,b,c,d\n0.30000000000000004,,true,"x,y"\n'
