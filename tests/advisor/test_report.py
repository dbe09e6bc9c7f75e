"""`advisor report`: pictures, pages and plots of real fits; the same bytes twice, and nothing of a user's text that runs."""

from __future__ import annotations

import json
import math
import os
import re
import struct
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from advisor.drawing.scale import Scale
from advisor.drawing.terminal import plots
from fits.figure import Axis, Band, Figure, Line, Points, Rule

pytest.importorskip("matplotlib")

SWEEP = Path(__file__).parents[2] / "examples" / "step_law" / "sweep.csv"
SOLVES = Path(__file__).parents[2] / "examples" / "sor" / "heat_log.csv"
HOSTILE = "<script>alert(1)</script>&\"'$\\frac{]]>\x1b[31m\u202e[/x]"
SVG = "{http://www.w3.org/2000/svg}"
VOID = {"meta", "link", "br", "img"}


@pytest.fixture(scope="module")
def fits(tmp_path_factory):
    """Two fits made by the command line: of step-law, and of sor with a column whose name is an attack."""
    from advisor.cli import main

    folder = tmp_path_factory.mktemp("fits")
    lines = SOLVES.read_text().splitlines()[:200]
    hostile = folder / "solves.csv"
    header = lines[0].replace("coef", '"' + HOSTILE.replace('"', '""') + '"')
    hostile.write_text("\n".join([header, *lines[1:]]), encoding="utf-8")
    assert main(["fit", "step-law", str(SWEEP), "-q", "-o", str(folder / "law.json")]) == 0
    made = ["fit", "sor", str(hostile), "--cost", "iterations", "--contexts", "<script>*", "-q", "-o", str(folder / "sor.json")]
    assert main(made) == 0
    return folder


class Page(HTMLParser):
    """The tags that are open, every attribute, and the text of a page; tags must close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.mark.parametrize("name", ["law", "sor"])
@pytest.mark.parametrize("suffix", ["svg", "png", "html"])
def test_the_same_fit_gives_the_same_bytes(run, fits, tmp_path, name, suffix):
    files = [tmp_path / f"{i}.{suffix}" for i in (1, 2)]
    for file in files:
        result = run("report", fits / f"{name}.json", "-o", file)
        assert (result.code, result.out) == (0, "")
        assert f"written to {file}" in result.err
    first, second = (file.read_bytes() for file in files)
    assert first == second
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"1.{suffix}", f"2.{suffix}"], "a temporary file was left"


def test_the_bytes_do_not_depend_on_date_settings_or_environment(shell, fits, tmp_path):
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9\nsvg.hashsalt: other\ntext.usetex: True\n")
    other = {"SOURCE_DATE_EPOCH": "7", "MPLBACKEND": "tkagg", "PYTHONHASHSEED": "3", "MPLCONFIGDIR": str(tmp_path)}
    for name, environment in (("one", {}), ("two", other)):
        done = shell(f"$ADVISOR report {fits / 'law.json'} -q -o {name}.svg", **environment)
        assert done.returncode == 0, done.stderr
    one, two = (tmp_path / f"{name}.svg" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert not re.search(rb"20\d\d-\d\d-\d\d|Matplotlib v", one.read_bytes())


def test_an_svg_is_xml_that_runs_and_loads_nothing(run, fits):
    out = run("report", fits / "sor.json", "-o", "-", "--to", "svg").out
    root = ElementTree.fromstring(out)
    assert root.tag == f"{SVG}svg"
    for element in root.iter():
        assert element.tag.rsplit("}")[-1] not in {"script", "image", "foreignObject", "a"}
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert not name.endswith("href") or value.startswith("#")


@pytest.mark.parametrize(("argv", "panels"), [([], 2), (["--figure", "policy"], 1), (["--figure", "1"], 1)])
def test_a_png_holds_the_figures_asked_for(run, fits, tmp_path, argv, panels):
    file = tmp_path / "f.png"
    assert run("report", fits / "sor.json", "-o", file, *argv).code == 0
    data = file.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    assert width == 1216
    assert 550 * panels < height < 750 * panels


def test_a_page_needs_nothing_else_and_shows_hostile_names_as_text(run, fits, tmp_path):
    file = tmp_path / "report.html"
    assert run("report", fits / "sor.json", "-o", file).code == 0
    text = file.read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert not page.tags & {"script", "img", "link", "iframe", "object", "image", "foreignobject", "a", "base", "form"}
    for tag, name, value in page.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in {"src", "srcset", "action", "srcdoc"}
        assert not name.endswith("href") or value.startswith("#")
    assert not re.search(r"url\((?!#)|@import|https?://(?!www\.w3\.org/)", text)
    assert "default-src 'none'" in text
    words = " ".join(page.words)
    assert "<script>alert(1)</script>&\"'$\\frac{]]>[31m[/x]" in words
    for part in ("sor 0.", "SHA-256 of the log", "rows", "199", "The numbers", "best fixed omega", "column of cost", "iterations"):
        assert part in words
    assert not set("\x1b\u202e\u2028") & set(text)
    assert not re.search(r"20\d\d-\d\d-\d\d", text)


def test_a_page_has_the_numbers_of_each_figure(run, fits):
    text = run("report", fits / "law.json", "-o", "-", "--to", "html").out
    figures = json.loads(run("report", fits / "law.json").out)["figures"]
    assert re.findall(r'<section id="([^"]+)"', text) == [figure["name"] for figure in figures]
    for figure in figures:
        for layer in figure["layers"]:
            if layer["kind"] == "line":
                for x, y in zip(layer["x"], layer["y"], strict=True):
                    assert f"<td>{layer['label']}</td><td>line</td><td>{x:.6g}</td><td>{y:.6g}</td>" in text


def test_a_pipe_gets_the_figures_as_published_json(run, fits):
    result = run("report", fits / "law.json", "--figure", "batch")
    document = json.loads(result.out)
    assert (document["schema"], document["solver"]) == ("advisor/report/1", "step-law")
    assert document["log"]["rows"] > 0
    assert [figure["name"] for figure in document["figures"]] == ["batch"]
    schema = json.loads(run("solvers", "step-law", "--schema", "figure").out)
    for figure in document["figures"]:
        jsonschema.validate(figure, schema)


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_terminal_gets_a_plot_within_its_width(run, fits, monkeypatch, columns, encoding):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("law", "sor"):
        shown = run("report", fits / f"{name}.json", terminal=True, encoding=encoding).out
        assert max(map(len, shown.splitlines())) <= max(columns, 24)
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "\\u" not in shown
        assert any("\u2801" <= sign <= "\u28ff" for sign in shown) == (encoding == "utf-8")


def test_colour_is_only_for_terminals_that_want_it(run, fits, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    plain = run("report", fits / "sor.json", "--to", "plot").out
    coloured = run("report", fits / "sor.json", terminal=True).out
    assert "\x1b" not in plain
    assert "\x1b[38;5;32m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain, "only colours differ, and no escape comes from a name"
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert run("report", fits / "sor.json", terminal=True).out == plain


def test_a_log_is_fitted_and_drawn_as_fit_then_report(run, fits, tmp_path):
    one, two = (json.loads(out) for out in (run("report", "step-law", SWEEP).out, run("report", fits / "law.json").out))
    assert one == two
    file = tmp_path / "x.html"
    assert run("report", "step-law", SWEEP, "--window", "3", "-o", file).code == 0
    assert "<dt>log</dt><dd>sweep.csv</dd>" in file.read_text()
    assert "<dt>option window</dt><dd>3</dd>" in file.read_text()


def test_a_fit_may_stand_alone_after_its_solver_or_on_stdin(run, fits, shell):
    expected = run("report", fits / "sor.json")
    assert expected.code == 0
    assert run("report", "sor", fits / "sor.json") == expected
    piped = shell(f"cat {fits / 'sor.json'} | $ADVISOR report sor -")
    assert (piped.returncode, piped.stdout.decode()) == (0, expected.out)


@pytest.mark.parametrize("name", ["sor", "FIT"])
def test_the_help_says_how_to_call_it(run, fits, name):
    shown = run("report", name.replace("FIT", str(fits / "sor.json")), "--help").out
    assert shown.startswith("Usage: advisor report sor [OPTIONS] {FIT.json|LOG}...\n")
    assert "$ advisor report SOLVER FIT.json -o report.html" in shown


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        ([], 2, "Usage: advisor report"),
        (["FIT", "-o", "x.pdf"], 2, "no form has the suffix '.pdf'"),
        (["FIT", "-o", "x"], 2, "choose one of .svg, .png, .html, .htm"),
        (["FIT", "-o", "x.svg", "--to", "html"], 2, "exclude each other"),
        (["FIT", "-o", "-"], 2, "add --to svg"),
        (["FIT", "--to", "png"], 2, "give -o FILE.png"),
        (["FIT", "--figure", "none"], 2, "there are: cost, policy"),
        (["FIT", "--figure", "0"], 2, "there are: cost, policy"),
        (["FIT", "-o", "/none/x.svg"], 3, "cannot write /none/x.svg"),
        (["FIT", "-o", "/dev/null/x.png"], 3, "cannot write"),
        (["none.json"], 3, "cannot read none.json"),
        (["LOG"], 3, "to draw a log: advisor report SOLVER LOG"),
        (["step-law", "FIT"], 3, "is a fit of sor, not of step-law"),
        (["sor", "FIT", "--seed", "3"], 2, "--seed says how to read and fit a log"),
        (["sor", "FIT", "--strict"], 2, "leave it out to draw a fit"),
        (["DAMAGED"], 3, "checksum does not match"),
        (["srr", "x.csv"], 2, "did you mean sor?"),
        (["toy-budget", "LOG"], 2, "toy-budget has no figures"),
        (["TOY"], 2, "these have: step-law, "),
        (["sor", "none.csv"], 3, "none.csv"),
        (["sor", "LOG", "--method", "none"], 2, "--method"),
        (["sor", "FEW", "--cost", "cost"], 4, "at least 8 solves"),
    ],
)
def test_mistakes_have_an_exit_code_and_write_nothing(run, toy, toy_log, fits, tmp_path, monkeypatch, argv, code, message):
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    damaged, few, toy_fit = tmp_path / "damaged.json", tmp_path / "few.csv", tmp_path / "toy.json"
    damaged.write_text((fits / "sor.json").read_text().replace('"rows": 199', '"rows": 198'))
    few.write_text("omega,cost\n1,2\n1.5,3\n")
    assert run("fit", toy, toy_log, "-o", toy_fit).code == 0
    names = {"FIT": fits / "sor.json", "LOG": SOLVES, "DAMAGED": damaged, "FEW": few, "TOY": toy_fit}
    result = run("report", *(names.get(item, item) for item in argv))
    assert (result.code, result.out) == (code, "")
    assert message in result.err
    assert "Traceback" not in result.err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("argv", [["report", "FIT"], ["report", "FIT", "--to", "plot"], ["inspect", "FIT"]])
def test_matplotlib_is_loaded_for_pictures_only(fits, argv):
    argv = [str(fits / "sor.json") if item == "FIT" else item for item in argv]
    code = f"import sys; from advisor.cli import main; main({argv!r}); print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_without_matplotlib_plots_work_and_pictures_name_the_extra(run, fits, monkeypatch, tmp_path):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert run("report", fits / "sor.json", terminal=True).code == 0
    result = run("report", fits / "sor.json", "-o", tmp_path / "x.svg")
    assert result.code == 2
    assert "pip install 'advisor-fits[report]'" in result.err


def test_a_write_that_fails_leaves_the_old_picture(run, fits, tmp_path, monkeypatch):
    file = tmp_path / "x.svg"
    file.write_text("old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    result = run("report", fits / "sor.json", "-o", file)
    assert (result.code, file.read_text()) == (3, "old")
    assert list(tmp_path.iterdir()) == [file]


# --- axes and plots of any numbers

finite = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(min_value=1e-300, max_value=1e300)


@given(st.lists(finite, min_size=1, max_size=5), st.lists(positive, min_size=1, max_size=5), st.integers(2, 8))
@example([sys.float_info.max, -1.6e308], [1.0, 1.0], 2)
def test_ticks_are_few_in_order_and_on_the_axis(linear, logarithmic, most):
    x, y = linear[: len(logarithmic)], logarithmic[: len(linear)]
    figure = Figure(name="f", title="", x=Axis(label="x"), y=Axis(label="y", scale="log"), layers=[Points(x=x, y=y)])
    for axis in ("x", "y"):
        scale = Scale.of(figure, axis)  # type: ignore[arg-type]
        ticks = scale.ticks(most)
        values = [tick.value for tick in ticks]
        assert len(ticks) <= most + 1
        assert values == sorted(set(values))
        assert len({tick.label for tick in ticks}) == len(ticks)
        assert all(-1e-6 <= scale.place(value) <= 1 + 1e-6 for value in [*values, *(x if axis == "x" else y)])


@pytest.mark.parametrize(
    ("x", "scale", "labels"),
    [
        ([0.0, 1.0], "linear", ["0.0", "0.5", "1.0"]),
        ([2.9101, 2.9104], "linear", ["2.9101", "2.9102", "2.9103", "2.9104"]),
        ([1e9, 3e9], "linear", ["1e9", "2e9", "3e9"]),
        ([-5.0, 5.0], "linear", ["-5", "0", "5"]),
        ([0.0, 0.0], "linear", ["-1", "0", "1"]),
        ([1.0, 1e6], "log", ["1", "100", "10,000", "1,000,000"]),
        ([3.0, 40.0], "log", ["5", "10", "20"]),
    ],
)
def test_ticks_are_round_numbers(x, scale, labels):
    figure = Figure(name="f", title="", x=Axis(label="x", scale=scale), y=Axis(label="y"), layers=[Line(x=x, y=x)])
    assert [tick.label for tick in Scale.of(figure, "x").ticks(4)] == labels


HUGE = sys.float_info.max
CHINESE = "学习率 " * 40
AWKWARD = [
    [Line(label="huge", x=[5e-324, 1.0, HUGE], y=[HUGE, 5e-324, 1.0]), Rule(label="end", axis="y", at=HUGE)],
    [Points(x=[3.0], y=[2.0]), Rule(label=CHINESE, axis="x", at=3.0), Line(label=CHINESE, x=[1.0, 3.0], y=[1.0, 2.0])],
    [Points(label="one", x=[1e300], y=[5.0], low=[4.0], high=[6.0])],
    [Line(label="two", x=[1.0, 1.0], y=[1e-300, 1e300], dashed=True), Rule(label="here", axis="x", at=1.0), Rule(axis="y", at=2.0)],
    [Line(x=[1.0], y=[1.0]), Band(label="b", x=[1.0], low=[1.0], high=[1.0]), Line(label="empty", x=[], y=[])],
    [Line(label=f"{HOSTILE} {i}" * 9, x=[1.0, 2.0], y=[1.0 + i, 2.0 + i], steps=bool(i % 2)) for i in range(30)],
]


@pytest.mark.parametrize("layers", AWKWARD)
@pytest.mark.parametrize("scale", ["linear", "log"])
def test_awkward_figures_are_drawn(layers, scale):
    from advisor.drawing.pictures import inline_svg, png, svg

    axis = Axis(label=HOSTILE * 20, unit="$x_1$", scale=scale)
    figure = Figure(name="f", title=HOSTILE * 9, caption=HOSTILE * 9, x=axis, y=axis, layers=layers)
    assert max(map(cell_len, plots([figure]).splitlines())) <= 80
    assert png([figure]).startswith(b"\x89PNG")
    ElementTree.fromstring(inline_svg(figure))
    left, bottom, right, top = axes_of(svg([figure]))
    assert right - left > 240, "names have taken the room of the axes"
    assert bottom - top > 120


def axes_of(text):
    """Left, bottom, right and top of the axes in an SVG file, in points from its upper left corner."""
    ElementTree.fromstring(text)
    found = re.search(r'id="patch_2">\s*<path d="M (\S+) (\S+) \nL (\S+) \S+ \nL \S+ (\S+)', text)
    assert found
    return tuple(map(float, found.groups()))


def drawn(**changes):
    """A figure of two crossing lines and whatever else is asked for."""
    line = Line(label="one", x=[1.0, 2.0], y=[1.0, 2.0])
    parts = {"name": "f", "title": "", "x": Axis(label="x"), "y": Axis(label="y"), "layers": [line]}
    return Figure.model_validate({**parts, **changes})


def heights(figure):
    """How far from the top each text of a picture stands."""
    from advisor.drawing.pictures import svg

    return {text.text: float(text.attrib["y"]) for text in ElementTree.fromstring(svg([figure])).iter(f"{SVG}text")}


def test_names_of_lines_that_end_together_stand_apart():
    names = ["one", "two", "three", "four"]
    layers = [Line(label=name, x=[1.0, 2.0], y=[i, 9.0]) for i, name in enumerate(names)]
    found = heights(drawn(layers=[*layers, Rule(label="target", axis="y", at=9.0)]))
    places = sorted(found[name] for name in [*names, "target: 9"])
    assert all(b - a > 10 for a, b in pairwise(places))


def test_each_band_of_a_label_has_its_numbers_and_the_inner_one_is_darker():
    from advisor.drawing.numbers import rows

    bands = [
        Band(label="one", x=[1.0, 2.0], low=[0.0, 0.0], high=[9.0, 9.0]),
        Band(label="one", x=[1.0, 2.0], low=[4.0, 4.0], high=[5.0, 5.0]),
    ]
    figure = drawn(layers=[*bands, Line(label="one", x=[1.0, 2.0], y=[4.5, 4.5])])
    assert {(row.kind, row.low, row.high) for row in rows(figure)} == {("band", 0.0, 9.0), ("band", 4.0, 5.0), ("line", None, None)}
    plot = plots([figure])
    assert "░" in plot
    assert "▒" in plot


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_million_values_are_thinned_and_that_is_said(scale):
    from advisor.drawing.thinning import MOST, thinned

    count = 1_000_000
    x = [float(i + 1) for i in range(count)]
    y = [math.sin(i / 1e5) for i in range(count)]
    y[123_457] = 50.0
    figure = drawn(x=Axis(label="x", scale=scale), caption="Real.", layers=[Line(label="one", x=x, y=y), Rule(axis="y", at=0.0)])
    fewer = thinned(figure)
    line = fewer.layers[0]
    assert isinstance(line, Line)
    assert len(line.x) <= MOST + 4
    assert line.x == sorted(line.x)
    assert (line.x[0], line.x[-1], max(line.y)) == (1.0, float(count), 50.0)
    gaps = [b / a if scale == "log" else b - a for a, b in pairwise(line.x)]
    assert max(gaps) <= (2.0 if scale == "log" else 1.01 * count / MOST)
    assert fewer.caption == f"Real. Of a series of more than {MOST:,} values so many are drawn, with its extremes."
    assert len(figure.layers[0].x) == count  # type: ignore[union-attr]
    assert thinned(drawn()) == drawn()
