"""Models of an unknown function, one file each, behind the interface of `fits.surrogates.base`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from fits.surrogates.base import Surrogate

Name = Literal["gp", "gp-rbf", "ibnn", "dkl", "hmc", "sghmc", "ensemble", "laplace", "vbll", "saas", "saas-nuts"]

AVERAGED: tuple[Name, ...] = ("gp", "gp-rbf", "ibnn")
"""Members of the surrogate "average"."""


class _Entry(NamedTuple):
    module: str
    kind: str
    settings: dict[str, Any] = {}  # noqa: RUF012 - never changed


SURROGATES: dict[Name, _Entry] = {
    "gp": _Entry("gp", "GP"),
    "gp-rbf": _Entry("gp", "GP", {"shape": "rbf"}),
    "ibnn": _Entry("infinite_bnn", "InfiniteBNN"),
    "dkl": _Entry("deep_kernel", "DeepKernel"),
    "hmc": _Entry("hmc", "HMC"),
    "sghmc": _Entry("sghmc", "SGHMC"),
    "ensemble": _Entry("ensemble", "Ensemble"),
    "laplace": _Entry("laplace", "Laplace"),
    "vbll": _Entry("vbll", "VBLL"),
    "saas": _Entry("saas", "SAAS"),
    "saas-nuts": _Entry("saas_nuts", "SAASNUTS"),
}


def components(name: str) -> Sequence[str]:
    """The surrogates that one stands for: "average" for `AVERAGED`, "gp+ibnn" for the named ones, any other for itself."""
    return AVERAGED if name == "average" else name.split("+")


def load(name: str) -> Surrogate:
    """The surrogate of this name with its defaults, or the average of several; their modules are imported now."""
    names = components(name)
    if len(names) > 1:
        from fits.surrogates.average import Average

        return Average({each: load(each) for each in names})
    entry = SURROGATES[name]  # type: ignore[index]
    return getattr(import_module(f"fits.surrogates.{entry.module}"), entry.kind)(**entry.settings)  # type: ignore[no-any-return]
