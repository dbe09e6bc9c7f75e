"""What a figure shows, as plain data: axes with units and layers of numbers. No solver draws, and who draws needs no solver.

A layer may hold any number of values: who draws thins them out.

A solver that has something to show gives ``figures(fit, log=None) -> list[Figure]`` (see `fits.solver`)::

    Figure(
        name="cost",
        title="Cost of a solve",
        caption="Band: 90 % interval of the mean.",
        x=Axis(label="omega"),
        y=Axis(label="cost", unit="iterations", scale="log"),
        layers=[
            Band(label="model", x=[1.0, 1.5], low=[30.0, 12.0], high=[34.0, 15.0]),
            Line(label="model", x=[1.0, 1.5], y=[32.0, 13.0]),
            Points(label="log", x=[1.1], y=[27.0]),
            Rule(label="best", axis="x", at=1.4),
        ],
    )
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from fits.solver import Model

AxisName = Literal["x", "y"]
_AXES: tuple[AxisName, ...] = ("x", "y")


class Axis(Model):
    """What is measured along one axis, and in which unit. On a logarithmic axis all numbers are positive."""

    label: str
    unit: str = ""
    scale: Literal["linear", "log"] = "linear"

    @property
    def text(self) -> str:
        """The label with its unit, as it stands at the axis."""
        return f"{self.label} [{self.unit}]" if self.unit else self.label


class _Layer(Model):
    """Layers of one label are one thing: they share a colour and are named once. Those without a label stand back, in grey."""

    label: str = ""

    def along(self, axis: AxisName) -> Iterator[float]:
        """All numbers of the layer along this axis."""
        raise NotImplementedError

    def _same_length(self, **lists: list[float] | None) -> None:
        lengths = {name: len(values) for name, values in lists.items() if values is not None}
        if len(set(lengths.values())) > 1:
            raise ValueError("of different lengths: " + ", ".join(f"{name} has {length}" for name, length in lengths.items()))


class Points(_Layer):
    """Single values; `low` and `high` are the ends of their error bars."""

    kind: Literal["points"] = "points"
    x: list[float]
    y: list[float]
    low: list[float] | None = None
    high: list[float] | None = None

    @model_validator(mode="after")
    def _check(self) -> Points:
        self._same_length(x=self.x, y=self.y, low=self.low, high=self.high)
        if (self.low is None) != (self.high is None):
            raise ValueError("error bars need both low and high")
        if any(not low <= y <= high for low, y, high in zip(self.low or [], self.y, self.high or [], strict=False)):
            raise ValueError("an error bar does not hold its point")
        return self

    def along(self, axis: AxisName) -> Iterator[float]:
        yield from self.x if axis == "x" else [*self.y, *(self.low or []), *(self.high or [])]


class Line(_Layer):
    """Values joined in their order: straight, or as steps that hold each value up to the next x. Dashed is what was not seen."""

    kind: Literal["line"] = "line"
    x: list[float]
    y: list[float]
    steps: bool = False
    dashed: bool = False

    @model_validator(mode="after")
    def _check(self) -> Line:
        self._same_length(x=self.x, y=self.y)
        return self

    def along(self, axis: AxisName) -> Iterator[float]:
        yield from self.x if axis == "x" else self.y


class Band(_Layer):
    """The range from `low` to `high` at each x, such as an interval."""

    kind: Literal["band"] = "band"
    x: list[float]
    low: list[float]
    high: list[float]

    @model_validator(mode="after")
    def _check(self) -> Band:
        self._same_length(x=self.x, low=self.low, high=self.high)
        if any(low > high for low, high in zip(self.low, self.high, strict=True)):
            raise ValueError("low is above high")
        return self

    def along(self, axis: AxisName) -> Iterator[float]:
        yield from self.x if axis == "x" else [*self.low, *self.high]


class Rule(_Layer):
    """A line across the figure at one value of `axis`: "x" is a vertical line, "y" a horizontal one."""

    kind: Literal["rule"] = "rule"
    axis: AxisName
    at: float

    def along(self, axis: AxisName) -> Iterator[float]:
        if axis == self.axis:
            yield self.at


Layer = Annotated[Points | Line | Band | Rule, Field(discriminator="kind")]


class Figure(Model):
    """One pair of axes with its layers, the first at the back. `name` stays the same from fit to fit, for whoever asks for it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str
    caption: str = ""
    x: Axis
    y: Axis
    layers: list[Layer] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Figure:
        if all(layer.kind == "rule" or not layer.x for layer in self.layers):
            raise ValueError("nothing to draw: no layer but rules has numbers")
        for name in _AXES:
            axis = self.x if name == "x" else self.y
            if axis.scale == "log" and any(value <= 0 for layer in self.layers for value in layer.along(name)):
                raise ValueError(f"{name} is logarithmic, and not all of its numbers are positive")
        return self
