"""`advisor serve sor`: the policy, its questions and outcomes as plain mappings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fits.solver import BadQuery, Scalar
from fits.sor.advising import take_over
from fits.sor.policy import Policy
from fits.sor.schema import DEFAULT_METHOD, OMEGA_RANGE, Fit, PolicyOptions

_OUTCOMES = ({"cost"}, {"cost", "converged"})


class ServedPolicy:
    """A `fits.sor.Policy` as `fits.solver.Policy` wants it.

    A decision is ``{"omega": 1.62, "limit": 210.5, "fallback": 1.4}``: beyond `limit` (null: not known yet) the solve should be
    given up, told with ``"converged": false``, and made with `fallback`.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    @property
    def next_id(self) -> int:
        return self.policy.next_id

    @next_id.setter
    def next_id(self, value: int) -> None:
        self.policy.next_id = value

    def ask(self, query: Mapping[str, Any]) -> tuple[int, dict[str, Scalar]]:
        """Omega for the next solve; `query` holds a value of each context."""
        policy = self.policy
        id_, omega = policy.ask(query)
        return id_, {"omega": omega, "limit": policy.limit, "fallback": policy.fallback}

    def tell(self, id_: int, outcome: Mapping[str, Any]) -> None:
        """`outcome` holds ``cost``, and where the solve was given up ``"converged": false``."""
        if outcome.keys() not in _OUTCOMES:
            unknown = ", ".join(sorted(map(str, outcome.keys() - _OUTCOMES[1])))
            raise BadQuery("cost", f"unknown: {unknown}; there are: cost, converged" if unknown else "required, but not given")
        converged = outcome.get("converged", True)
        if converged not in (True, False) or isinstance(converged, float):
            raise BadQuery("converged", f"expected true or false (got {converged!r})")
        self.policy.tell(id_, outcome["cost"], converged=bool(converged))

    def state(self) -> dict[str, Any]:
        return self.policy.state()


def start(options: PolicyOptions, fit: Fit | None, state: dict[str, Any] | None) -> ServedPolicy:
    """A new policy, one that begins with what `fit` knows, or one that goes on from `state`.

    Raises
    ------
    BadQuery
        An option contradicts another one, or the fit.
    """
    _refuse_contradictions(options, fit)
    low, high = (fit.low, fit.high) if fit is not None else OMEGA_RANGE
    low, high = options.low or low, options.high or high
    if not low < high:
        raise BadQuery("high", f"must be above --low (got {low:g} and {high:g})")
    names = options.contexts or list(fit.contexts if fit is not None else ())
    method = options.method or (fit.method if fit is not None else DEFAULT_METHOD)
    if method in ("tsallis-inf-cb", "chebcb", "young") and not names:
        raise BadQuery("method", f"{method} needs a context: name it with --context")
    known = options.interval_low is not None and options.interval_high is not None
    policy = Policy(
        method,
        contexts=names,
        low=low,
        high=high,
        arms=[round(low + (high - low) * i / (options.arms - 1), 12) for i in range(options.arms)] if options.arms else (),
        seed=options.seed,
        omega=options.omega or (fit.best_fixed.omega.mean if fit is not None else 1.0),
        interval=(float(options.interval_low or 0.0), float(options.interval_high or 0.0)) if known else None,
    )
    if state is not None:
        policy.restore(state)
    elif fit is not None:
        take_over(policy.model, fit)
    return ServedPolicy(policy)


def _refuse_contradictions(options: PolicyOptions, fit: Fit | None) -> None:
    if len(set(options.contexts)) < len(options.contexts):
        raise BadQuery("contexts", "one is named twice")
    if (options.interval_low is None) != (options.interval_high is None):
        raise BadQuery("interval_low", "give --interval-low and --interval-high together")
    if options.interval_low is not None and not options.interval_low < (options.interval_high or 0.0):
        raise BadQuery("interval_high", f"must be above --interval-low (got {options.interval_high})")
    if fit is None:
        return
    if options.contexts and options.contexts != list(fit.contexts):
        raise BadQuery("contexts", f"the fit has {', '.join(fit.contexts) or 'none'}, in this order")
    for name, mine, its in (("low", options.low, fit.low), ("high", options.high, fit.high)):
        if mine is not None and mine != its:
            raise BadQuery(name, f"the fit is for omega from {fit.low:g} to {fit.high:g}: leave it out, or fit again with --{name}")
