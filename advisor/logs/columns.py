"""Which column is which role: by explicit map, by the role's name, by its aliases; never by a guess."""

from __future__ import annotations

import difflib
import fnmatch
import types
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from advisor.errors import LogError, UsageError
from advisor.logs.values import Rule

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from fits.solver import LogRow


REST = "*"


@dataclass(frozen=True)
class Chosen:
    """A column of the file under its name in the frame."""

    role: str
    column: str
    rule: Rule


def normal(name: str) -> str:
    """A name without what does not count: case, spaces and `_ - .`."""
    return name.casefold().translate({ord(c): None for c in " _-."})


def rule_of(annotation: Any, field: FieldInfo) -> Rule:
    """What the cells of a field's column must be."""
    optional = False
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [part for part in get_args(annotation) if part is not types.NoneType]
        optional = len(kinds) < len(get_args(annotation))
        annotation = kinds[0]
    choices = get_args(annotation) if get_origin(annotation) is Literal else ()
    bounds = tuple(
        (name, float(bound))
        for item in field.metadata
        for name in ("gt", "ge", "lt", "le")
        if (bound := getattr(item, name, None)) is not None
    )
    kind = str if choices else annotation
    if kind not in (float, int, str):
        raise TypeError(f"a role of type {annotation!r} cannot be read from a log")
    return Rule(kind, optional, bool(_extra(field).get("measured")), bounds, choices)


class Columns:
    """The roles of `row_model` and what the user said about them."""

    def __init__(
        self, row_model: type[LogRow], mapping: Mapping[str, str], families: Mapping[str, Sequence[str]], source: str
    ) -> None:
        fields = row_model.model_fields
        self.roles = {name: field for name, field in fields.items() if not _extra(field).get("family")}
        self.family_fields = {name: field for name, field in fields.items() if name not in self.roles}
        self.mapping, self.families, self.source = dict(mapping), families, source
        self._check_usage()
        self._named = [entry for entries in families.values() for entry in entries]
        self._taken = {*mapping.values(), *self._named}
        self._names = {normal(role): role for role in self.roles}
        self._aliases: dict[str, list[str]] = {}
        for role, field in self.roles.items():
            for alias in dict.fromkeys(map(normal, _extra(field).get("aliases", []))):
                self._aliases.setdefault(alias, []).append(role)

    def wants(self, column: str) -> bool:
        """Whether a column of this name can be of use."""
        return column in self._taken or bool(self._roles_of(column)) or any(_matches(column, entry) for entry in self._named)

    def choose(self, names: Sequence[str]) -> list[Chosen]:
        """The columns to read from a file with the columns `names`, in the order of the model."""
        families = {family: self._expanded(entries, names) for family, entries in self.families.items()}
        self._check_once(families)
        taken = {*self.mapping.values(), *(column for columns in families.values() for column in columns)}
        found: dict[str, list[str]] = {}
        for column in names:
            if column in taken:
                continue
            roles = [role for role in self._roles_of(column) if role not in self.mapping]
            if len(roles) > 1:
                advice = " or ".join(_map(role, column) for role in roles)
                raise LogError(f"could be {' or '.join(roles)}", source=self.source, column=column, advice=f"say which: {advice}")
            for role in roles:
                found.setdefault(role, []).append(column)
        chosen = []
        for role, field in self.roles.items():
            match = self._column(role, found.get(role, []), names)
            if match is not None:
                chosen.append(Chosen(role, match, rule_of(field.annotation, field)))
            elif field.is_required():
                raise self._missing(role, names)
        for family, columns in families.items():
            field = self.family_fields[family]
            rule = rule_of(get_args(field.annotation)[1], field)
            chosen += [Chosen(f"{family}.{self._existing(column, names)}", column, rule) for column in columns]
        return chosen

    def _expanded(self, entries: Sequence[str], names: Sequence[str]) -> list[str]:
        """The columns that the entries of a family mean: by name, or by a pattern such as ``it_w*``, in the file's order."""
        columns = []
        for entry in entries:
            matching = [entry] if entry in names or not _is_pattern(entry) else self._matching(entry, names)
            if not matching:
                raise LogError("no column matches this pattern", source=self.source, column=entry, advice=_nearest([entry], names))
            columns += matching
        return columns

    def _matching(self, pattern: str, names: Sequence[str]) -> list[str]:
        """The columns of a pattern; "*" by itself means those that are not named and have no role."""
        if pattern == REST:
            return [name for name in names if name not in self._taken and not self._roles_of(name)]
        return [name for name in names if _matches(name, pattern)]

    def _roles_of(self, column: str) -> list[str]:
        key = normal(column)
        return [self._names[key]] if key in self._names else self._aliases.get(key, [])

    def _column(self, role: str, found: list[str], names: Sequence[str]) -> str | None:
        if role in self.mapping:
            return self._existing(self.mapping[role], names)
        if len(found) > 1:
            raise LogError(
                f"several columns could be {role}: {', '.join(found)}",
                source=self.source,
                advice="say which: " + " or ".join(_map(role, column) for column in found),
            )
        return found[0] if found else None

    def _existing(self, column: str, names: Sequence[str]) -> str:
        if column not in names:
            raise LogError("there is no such column", source=self.source, column=column, advice=_nearest([column], names))
        return column

    def _missing(self, role: str, names: Sequence[str]) -> LogError:
        known = [role, *_extra(self.roles[role]).get("aliases", [])]
        return LogError(
            f"no column is {role} ({self.roles[role].description})",
            source=self.source,
            advice=f"{_nearest(known, names)}; say which it is: --map {role}=COLUMN",
        )

    def _check_usage(self) -> None:
        for role in self.mapping:
            if role not in self.roles:
                raise UsageError(f"there is no role {role!r}", advice=f"the roles are {', '.join(self.roles)}")
        for family in self.families:
            if family not in self.family_fields:
                known = ", ".join(self.family_fields) or "(none)"
                raise UsageError(f"there is no family {family!r}", advice=f"the families are {known}")
        for family, field in self.family_fields.items():
            if field.is_required() and not self.families.get(family):
                raise UsageError(f"{family}: name at least one column ({field.description})")
        self._check_once(self.families)

    def _check_once(self, families: Mapping[str, Sequence[str]]) -> None:
        used = Counter(self.mapping.values())
        for columns in families.values():
            used.update(columns)
        for column, times in used.items():
            if times > 1:
                raise UsageError(f"the column {column!r} is used {times} times", advice="one column has one role or family")


def _is_pattern(entry: str) -> bool:
    return any(sign in entry for sign in "*?[")


def _matches(column: str, entry: str) -> bool:
    return _is_pattern(entry) and fnmatch.fnmatchcase(column, entry)


def _extra(field: FieldInfo) -> dict[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _map(role: str, column: str) -> str:
    return f'--map {role}="{column}"'


def _nearest(wanted: Iterable[str], names: Sequence[str]) -> str:
    """The columns most like `wanted`, or all of a few."""
    by_key = {normal(name): name for name in names}
    near = [by_key[key] for word in wanted for key in difflib.get_close_matches(normal(word), by_key, n=3, cutoff=0.5)]
    if near:
        return f"nearest columns: {', '.join(list(dict.fromkeys(near))[:5])}"
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return f"the columns are: {', '.join(names[:20])}{more}"
