"""The decision rules by name, each imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, assert_never

from fits.sor.schema import Method

if TYPE_CHECKING:
    from fits.bandits.rule import Rule
    from fits.sor.cost_model import CostModel


def new_rule(
    method: Method,
    *,
    model: CostModel,
    arms: Sequence[float],
    contexts: Sequence[str],
    omega: float,
    interval: tuple[float, float] | None,
) -> Rule:
    """A rule that knows nothing yet.

    Parameters
    ----------
    model : learns every cost; `gp-ts` decides by it.
    arms : values of omega, for the rules that need a finite choice.
    contexts : names of the contexts; `young` takes beta from the one of that name, else from the first.
    omega : for `fixed`.
    interval : of the first context, for `tsallis-inf-cb` and `chebcb`; None: they learn it.
    """
    match method:
        case "gp-ts":
            from fits.sor.policies.gp_ts import GpTs

            return GpTs(model)
        case "tsallis-inf" | "tsallis-inf-rv":
            from fits.sor.policies.tsallis import TsallisInf

            return TsallisInf(arms, reduced_variance=method == "tsallis-inf-rv")
        case "tsallis-inf-cb":
            from fits.sor.policies.tsallis import TsallisInfCB

            return TsallisInfCB(arms, interval=interval)
        case "chebcb":
            from fits.sor.policies.chebcb import ChebCB

            return ChebCB(arms, interval=interval)
        case "fixed" | "young" | "greedy" | "uniform":
            return _control(method, arms, contexts, omega)
        case _:
            assert_never(method)


def _control(method: Method, arms: Sequence[float], contexts: Sequence[str], omega: float) -> Rule:
    from fits.sor.policies.controls import Fixed, Greedy, Uniform, Young

    if method == "fixed":
        return Fixed(omega)
    if method == "young":
        return Young(contexts.index("beta") if "beta" in contexts else 0)
    return Greedy(arms) if method == "greedy" else Uniform(arms)
