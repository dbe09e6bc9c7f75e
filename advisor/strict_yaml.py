"""YAML as people mean it: 1e-5 is a number, "no" and "on" are text, a key stands once, and nothing but plain data comes out.

PyYAML reads YAML 1.1, where ``1e-5`` is text for want of a dot, ``no`` is false, ``010`` is 8 and ``1:30`` is 90. The scalars
here are those of the core schema of YAML 1.2.
"""

from __future__ import annotations

import re
from typing import Any

import yaml


def loads(data: bytes) -> object:
    """Read UTF-8 YAML.

    Raises
    ------
    ValueError
        With one line for people: what is wrong and where. `UnicodeDecodeError` is one.
    RecursionError
        It is nested too deeply.
    """
    try:
        content: object = yaml.load(data.decode().removeprefix("\ufeff"), Loader=_Loader)  # noqa: S506  (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ValueError(f"{error.problem or error.context}{place}") from error
    except yaml.YAMLError as error:
        raise ValueError(str(error).partition("\n")[0]) from error
    return content


class _Loader(yaml.SafeLoader):
    """Plain data only; scalars of YAML 1.2; the text of a key is its name."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  (PyYAML's own, started anew)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping without duplicate keys; what an alias merges in may be overridden."""
        self._check_keys(node)
        self.flatten_mapping(node)
        return {key.value: self.construct_object(value, deep=deep) for key, value in node.value}

    def _check_keys(self, node: yaml.MappingNode) -> None:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be text", key.start_mark)
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(None, None, f"the key {key.value!r} stands twice", key.start_mark)
            seen.add(key.value)

    def construct_whole(self, node: yaml.ScalarNode) -> int:
        """A whole number; a long one is refused, for it takes long."""
        if len(node.value) > 400:
            raise yaml.constructor.ConstructorError(None, None, "the number is too large", node.start_mark)
        return int(node.value)

    def construct_number(self, node: yaml.ScalarNode) -> float:
        """A number, perhaps ``.inf`` or ``.nan``."""
        return float(node.value.replace(".inf", "inf").replace(".nan", "nan")) if node.value[-1].isalpha() else float(node.value)


_TAG = "tag:yaml.org,2002:"
for _name, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan", "-+0123456789."),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), list(_first))
_Loader.add_constructor(_TAG + "int", _Loader.construct_whole)
_Loader.add_constructor(_TAG + "float", _Loader.construct_number)
