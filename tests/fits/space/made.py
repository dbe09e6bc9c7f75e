"""Spaces that Hypothesis makes, and an evaluator of them that shares nothing with the encoding."""

from __future__ import annotations

import math
import re
from typing import Any

from hypothesis import strategies as st

from fits.space import Encoding, Space

FINITE = st.floats(-1e6, 1e6, allow_nan=False)
SCALARS = st.one_of(st.text(min_size=1, max_size=4).filter(str.strip), st.integers(-5, 5), st.floats(-9, 9), st.booleans())


def space(parameters: dict[str, Any], *constraints: str, **more: Any) -> Space:
    """A space of plain data."""
    return Space.model_validate({"parameters": parameters, "constraints": list(constraints), **more})


def encoding(parameters: dict[str, Any], *constraints: str, **more: Any) -> Encoding:
    """The encoding of `space`."""
    return Encoding(space(parameters, *constraints, **more))


def number(low: float, high: float, **more: Any) -> dict[str, Any]:
    """A parameter of type float."""
    return {"type": "float", "low": low, "high": high, **more}


def whole(low: int, high: int, **more: Any) -> dict[str, Any]:
    """A parameter of type integer."""
    return {"type": "integer", "low": low, "high": high, **more}


def choice(*choices: Any, **more: Any) -> dict[str, Any]:
    """A parameter of type categorical."""
    return {"type": "categorical", "choices": list(choices), **more}


@st.composite
def parameters(draw: st.DrawFn) -> dict[str, Any]:
    """One parameter of any kind."""
    kind = draw(st.sampled_from(["float", "integer", "categorical", "ordinal", "boolean"]))
    if kind == "boolean":
        return {"type": kind}
    if kind in ("categorical", "ordinal"):
        return {"type": kind, "choices": draw(st.lists(SCALARS, min_size=1, max_size=5, unique_by=(str, lambda value: value)))}
    log = draw(st.booleans())
    if kind == "float":
        low = draw(st.floats(1e-9, 1e3) if log else FINITE)
        high = low * draw(st.floats(1.001, 1e9)) if log else low + max(1.0, abs(low)) * draw(st.floats(1e-3, 1e6))
        step = None if log or draw(st.booleans()) else (high - low) / draw(st.floats(1.0, 3000.0))
        return number(low, high, log=log, step=step)
    low_int = draw(st.integers(1, 10**6) if log else st.integers(-(10**6), 10**6))
    high_int = low_int + draw(st.integers(1, 10) | st.integers(1, 10**9))
    return whole(low_int, high_int, log=log, step=1 if log else draw(st.integers(1, high_int - low_int)))


@st.composite
def spaces(draw: st.DrawFn, most: int = 5) -> Space:
    """Parameters of all kinds, conditions on earlier ones, fixed values, constraints and forbidden combinations."""
    made: dict[str, Any] = {}
    for name in [f"p{i}" for i in range(draw(st.integers(1, most)))]:
        its = draw(parameters())
        listed = [other for other, one in made.items() if "choices" in one or one["type"] == "boolean"]
        if listed and draw(st.booleans()):
            parent = draw(st.sampled_from(listed))
            values = made[parent].get("choices", [False, True])
            its["when"] = {parent: draw(st.lists(st.sampled_from(values), min_size=1, unique_by=str))}
        made[name] = its
    constraints = [draw(_constraints(made)) for _ in range(draw(st.integers(0, 2)))]
    fixed = {}
    if len(made) > 1 and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(made)))
        its = made[name]
        fixed[name] = its["low"] if "low" in its else draw(st.sampled_from(its.get("choices", [False, True])))
    forbidden = []
    listed = [name for name, its in made.items() if len(its.get("choices", "")) > 1]
    if listed and draw(st.booleans()):
        names = draw(st.lists(st.sampled_from(listed), min_size=1, max_size=2, unique=True))
        forbidden.append({name: [draw(st.sampled_from(made[name]["choices"]))] for name in names})
    return space(made, *filter(None, constraints), fixed=fixed, forbidden=forbidden)


@st.composite
def _constraints(draw: st.DrawFn, made: dict[str, Any]) -> str | None:
    """A relation of one to three numbers, in one of the forms that people write, that something in their ranges keeps."""
    numeric = [name for name, its in made.items() if "low" in its]
    if not numeric:
        return None
    chosen = draw(st.lists(st.sampled_from(numeric), min_size=1, max_size=3, unique=True))
    weights = [draw(st.sampled_from([-3, -1, 1, 2, 0.5])) for _ in chosen]
    ends = [sorted((w * made[name]["low"], w * made[name]["high"])) for w, name in zip(weights, chosen, strict=True)]
    share = draw(st.floats(0.1, 0.9) | st.sampled_from([1e-4, 1.0]))
    bound = sum((1 - share) * low + share * high for low, high in ends)
    total = " + ".join(f"{weight}*{name}" for weight, name in zip(weights, chosen, strict=True))
    forms = ["{0} <= {1!r}", "{1!r} >= {0}", "-({0}) >= -({1!r})", "2*({0}) - {1!r} < {1!r}"]
    if all(made[name]["type"] == "float" and not made[name]["step"] for name in chosen):
        forms.append("{0} == {1!r}")
    return draw(st.sampled_from(forms)).format(total, bound)


def is_valid(its: Space, config: dict[str, Any]) -> bool:
    """Whether a configuration lies in a space, keeps its constraints up to rounding, and is not forbidden."""
    for name, parameter in its.parameters.items():
        exists = all(parent in config and config[parent] in values for parent, values in parameter.when.items())
        if exists != (name in config):
            return False
        if exists and not _holds(parameter, config[name], its.fixed.get(name)):
            return False
    for text in its.constraints:
        if not _kept(its, text, config):
            return False
    return not any(all(config.get(name) in values for name, values in entry.items()) for entry in its.forbidden)


def _kept(its: Space, text: str, config: dict[str, Any]) -> bool:
    left, sense, right = re.split(r"(<=|>=|==|<)", text)
    used = [name for name in its.parameters if re.search(rf"\b{name}\b", text)]
    if not set(used) <= config.keys():
        return True

    def gap(**values: float) -> float:
        every = {name: values.get(name, 0.0) for name in used}
        return float(eval(left, {}, every) - eval(right, {}, every))

    weights = {name: gap(**{name: 1.0}) - gap() for name in used}
    ranges = [its.parameters[name] for name in used]
    size = abs(gap()) + sum(abs(weight * config[name]) for name, weight in weights.items())
    span = sum(0.0 if one.log else one.high - one.low for one in ranges)  # type: ignore[union-attr]
    whole = all(one.step for one in ranges)  # type: ignore[union-attr]
    slack = (1e-13 if whole else 1e-6 if sense == "==" else 1.1e-9) * size + 1e-14 * span * max(map(abs, weights.values()))
    found = gap(**{name: config[name] for name in used})
    return {"<=": found <= slack, "<": found <= slack, ">=": found >= -slack, "==": abs(found) <= slack}[sense]


def _holds(parameter: Any, value: Any, fixed: Any) -> bool:
    if fixed is not None:
        return type(value) is type(fixed) and value == fixed
    if parameter.type == "boolean":
        return isinstance(value, bool)
    if parameter.type in ("categorical", "ordinal"):
        return any(value is choice for choice in parameter.choices)
    if type(value) is not (float if parameter.type == "float" else int) or not parameter.low <= value <= parameter.high:
        return False
    if not parameter.step:
        return True
    steps = (value - parameter.low) / parameter.step
    return math.isclose(steps, round(steps), abs_tol=1e-6) or value == parameter.high
