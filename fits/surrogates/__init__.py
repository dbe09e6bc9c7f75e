"""Models of an unknown function, one file each, behind the interface of `fits.surrogates.base`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from fits.surrogates.base import Surrogate

Name = Literal["gp", "gp-rbf", "ibnn", "dkl", "hmc", "sghmc", "ensemble", "laplace", "vbll", "saas"]


class _Entry(NamedTuple):
    module: str
    kind: str
    settings: dict[str, Any]
    warp: bool  # whether skew is taken out of the outcomes first


SURROGATES: dict[Name, _Entry] = {
    "gp": _Entry("gp", "GP", {}, warp=True),
    "gp-rbf": _Entry("gp", "GP", {"shape": "rbf"}, warp=False),
    "ibnn": _Entry("infinite_bnn", "InfiniteBNN", {}, warp=True),
    "dkl": _Entry("deep_kernel", "DeepKernel", {}, warp=True),
    "hmc": _Entry("hmc", "HMC", {}, warp=True),
    "sghmc": _Entry("sghmc", "SGHMC", {}, warp=True),
    "ensemble": _Entry("ensemble", "Ensemble", {}, warp=True),
    "laplace": _Entry("laplace", "Laplace", {}, warp=True),
    "vbll": _Entry("vbll", "VBLL", {}, warp=True),
    "saas": _Entry("saas", "SAAS", {}, warp=True),
}


def load(name: Name) -> Surrogate:
    """The surrogate of this name with its defaults; its module is imported now."""
    entry = SURROGATES[name]
    return getattr(import_module(f"fits.surrogates.{entry.module}"), entry.kind)(**entry.settings)  # type: ignore[no-any-return]


def warps(name: Name) -> bool:
    """Whether this surrogate wants outcomes without skew."""
    return SURROGATES[name].warp
