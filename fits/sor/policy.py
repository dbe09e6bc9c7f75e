"""The online form: `ask` for omega, `tell` what the solve cost, and a safety net under every policy.

policy = Policy(contexts=["c"])
id, omega = policy.ask({"c": 0.31})
... solve, giving up at policy.limit ...
policy.tell(id, cost=41)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from fits.bandits.ledger import Ledger
from fits.bandits.rule import Choice, Context, Rule
from fits.bandits.stream import Stream
from fits.solver import BadQuery, NotEnoughData
from fits.sor.cost_model import CostModel
from fits.sor.policies import new_rule
from fits.sor.schema import DEFAULT_METHOD, OMEGA_RANGE, Method, Verdict

LIMIT = 5.0  # times the cost of the best fixed omega: where a solve should be given up
LIMIT_AFTER = 8  # solves, before which the best fixed omega is not known well enough
GUARD_AFTER = 100  # solves before the policy is compared with the best fixed omega
GUARD_EVERY = 4  # solves: a sample is enough
GUARD_MEMORY = 0.96  # from one comparison to the next
TOLERATED = 1.05  # times the best fixed omega's cost
EVENTS = 100  # kept
OBSERVE_ALL, OBSERVE_EVERY = 100, 4  # solves: the model decides for `gp-ts` alone, for the others it is only the safety net
VERDICT_AFTER = 30  # solves
_GUARD = "guard"  # memo of the decisions that the safety net made


class _Pending(NamedTuple):
    """A decision that waits for its cost."""

    context: Context
    choice: Choice


class Policy:
    """Chooses omega for one linear system after another.

    Parameters
    ----------
    method : which decision rule.
    contexts : names of the numbers that are known before each solve; `ask` wants a value of each.
    low, high : the range of omega, within (0, 2).
    arms : the only values of omega to choose from; none: `gp-ts` chooses from the whole range, the others from 20 values of it.
    seed : of every random choice.
    omega : for `fixed`, the value.
    interval : of the first context, where it is known: `tsallis-inf-cb` and `chebcb` need not learn it.

    Attributes
    ----------
    limit : the cost at which the solve asked about last should be given up. Go on with `fallback` and tell the cost spent up to
        there with ``converged=False``. None: not known yet, or not in such a context.
    fallback : the best fixed omega so far.
    events : what happened, as (solves so far, what): "gave-up", "drift", "guard-on", "guard-off"; the latest `EVENTS`.
    """

    def __init__(
        self,
        method: Method = DEFAULT_METHOD,
        *,
        contexts: Sequence[str] = (),
        low: float = OMEGA_RANGE[0],
        high: float = OMEGA_RANGE[1],
        arms: Sequence[float] = (),
        seed: int = 0,
        omega: float = 1.0,
        interval: tuple[float, float] | None = None,
    ) -> None:
        if not 0.0 < low < high < 2.0:
            raise ValueError(f"needs 0 < low < high < 2, got {low} and {high}")
        if not all(0.0 < arm < 2.0 for arm in arms):
            raise ValueError("every arm lies between 0 and 2")
        self.method, self.contexts = method, tuple(contexts)
        self._grid = tuple(arms) or tuple(round(low + (high - low) * i / 19, 12) for i in range(20))
        self._omega, self._interval = omega, interval
        self.model = CostModel(len(self.contexts), low, high, arms)
        self._rule = self._new_rule()
        self._stream = Stream(seed)
        self._ledger: Ledger[_Pending] = Ledger()
        self._names = frozenset(self.contexts)
        self.events: list[tuple[int, str]] = []
        self.tells = 0
        self._asked: Context = (0.0,) * len(self.contexts)
        self._guarding = False
        self._paid = self._fixed_would_pay = 0.0  # sums of costs, the past forgotten by GUARD_MEMORY a solve

    # --- the loop

    def ask(self, context: Mapping[str, float] | None = None) -> tuple[int, float]:
        """The id of the decision, and omega.

        Raises
        ------
        BadQuery
            A context is missing, unknown, or not a finite number.
        """
        place = self._place(context or {})
        self._asked = place
        choice = None
        if self._guarding and self._stream.uniform() < 0.5:
            choice = Choice(self.fallback, memo=_GUARD)
        if choice is None:
            choice = self._rule.choose(place, self._stream)
        return self._ledger.open(_Pending(place, choice)), choice.action

    def tell(self, id_: int, cost: float, *, converged: bool = True) -> None:
        """Learn what the solve cost, in iterations, seconds or anything else that is positive.

        Raises
        ------
        UnknownId
            No decision of this id waits for a cost.
        BadQuery
            `cost` is not a positive, finite number; the decision goes on waiting.
        """
        if not (isinstance(cost, (int, float)) and 0.0 < cost < math.inf) or isinstance(cost, bool):
            raise BadQuery("cost", f"expected a positive, finite number (got {cost!r})")
        context, choice = self._ledger.close(id_)
        self.tells += 1
        if not converged:
            self._note("gave-up")
        learns = self.method == DEFAULT_METHOD or self.tells <= OBSERVE_ALL or self.tells % OBSERVE_EVERY == 0
        if learns and self.model.learn(context, choice.action, float(cost), censored=not converged):
            self._note("drift")
            self._rule = self._new_rule()
        elif choice.memo != _GUARD:
            self._rule.learn(context, choice, float(cost), censored=not converged)
        if self.tells % GUARD_EVERY == 0:
            self._guard(context, float(cost))

    @property
    def limit(self) -> float | None:
        best = self.model.best_fixed
        if best is None or self.tells < LIMIT_AFTER or self.model.outside(self._asked):
            return None
        return LIMIT * max(best.cost, self.model.cost_at(self._asked, best.omega))

    @property
    def fallback(self) -> float:
        best = self.model.best_fixed
        return self._grid[len(self._grid) // 2] if best is None else best.omega

    @property
    def next_id(self) -> int:
        """The id of the next decision; it may be raised, never lowered."""
        return self._ledger.next_id

    @next_id.setter
    def next_id(self, value: int) -> None:
        if value < self._ledger.next_id:
            raise ValueError(f"ids are never given twice: {value} is below {self._ledger.next_id}")
        self._ledger.next_id = value

    def verdict(self) -> tuple[Verdict, str]:
        """Whether looking at the contexts pays, "contextual" or "nothing-to-gain", and the evidence in one sentence.

        From the latest solves; takes about a second, so it is not for every solve.

        Raises
        ------
        NotEnoughData
            Fewer than `VERDICT_AFTER` solves.
        """
        from fits.sor.rows import Rows
        from fits.sor.verdict import by_model, finding, verdict

        solves = self.model.memory()
        if len(solves.cost) < VERDICT_AFTER:
            raise NotEnoughData(f"at least {VERDICT_AFTER} solves", found=len(solves.cost))
        arms = np.unique(solves.omega)
        rows = Rows(self.contexts, solves.contexts, arms, solves.omega, solves.cost, solves.censored, None, True)
        worth = by_model(self.model, rows, self._stream.seed)
        return verdict(worth), finding(worth)

    # --- keep

    def state(self) -> dict[str, Any]:
        """All that was learned and all that waits, as plain JSON of bounded size."""
        waiting = self._ledger.pending().items()
        return {
            "model": self.model.state(),
            "rule": self._rule.state(),
            "position": self._stream.position,
            "next_id": self._ledger.next_id,
            "pending": [[id_, list(p.context), list(p.choice)] for id_, p in waiting],
            "events": [list(event) for event in self.events],
            "tells": self.tells,
            "asked": list(self._asked),
            "guard": [self._guarding, self._paid, self._fixed_would_pay],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where a policy with the same arguments stood."""
        self.model.restore(state["model"])
        self._rule = self._new_rule()
        self._rule.restore(state["rule"])
        self._stream = Stream(self._stream.seed, int(state["position"]))
        pending = {int(id_): _Pending(tuple(context), Choice(*choice)) for id_, context, choice in state["pending"]}
        self._ledger = Ledger(int(state["next_id"]), pending)
        self.events = [(int(solves), str(what)) for solves, what in state["events"]]
        self.tells, self._asked = int(state["tells"]), tuple(state["asked"])
        self._guarding, self._paid, self._fixed_would_pay = state["guard"]

    # --- inside

    def _place(self, context: Mapping[str, float]) -> Context:
        try:
            place = tuple([float(context[name]) for name in self.contexts])
        except KeyError as missing:
            raise BadQuery("context", f"a value of {missing.args[0]} is missing") from None
        except (TypeError, ValueError, OverflowError):
            raise BadQuery("context", f"expected numbers (got {dict(context)!r})") from None
        if len(context) > len(place):
            unknown = ", ".join(sorted(map(str, context.keys() - self._names)))
            raise BadQuery("context", f"unknown: {unknown}; there are: {', '.join(self.contexts) or 'none'}")
        if not all(map(math.isfinite, place)):
            raise BadQuery("context", f"expected finite numbers (got {dict(context)!r})")
        return place

    def _guard(self, context: Context, cost: float) -> None:
        """Compare what was paid with what the best fixed omega would have cost; where that is less, play it half of the time."""
        best = self.model.best_fixed
        if best is None:
            return
        would = self.model.cost_at(context, best.omega)
        self._paid = GUARD_MEMORY * self._paid + cost
        self._fixed_would_pay = GUARD_MEMORY * self._fixed_would_pay + would
        worse = self.tells > GUARD_AFTER and self._paid > TOLERATED * self._fixed_would_pay
        better = self._paid < self._fixed_would_pay
        if not self._guarding and worse:
            self._guarding = True
            self.model.distrust()
            self._note("guard-on")
        elif self._guarding and better:
            self._guarding = False
            self._note("guard-off")

    def _note(self, what: str) -> None:
        self.events = [*self.events[1 - EVENTS :], (self.tells, what)]

    def _new_rule(self) -> Rule:
        return new_rule(
            self.method, model=self.model, arms=self._grid, contexts=self.contexts, omega=self._omega, interval=self._interval
        )
