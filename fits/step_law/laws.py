"""The published laws: learning rate and batch (tokens) from N, D and compute. Nothing but arithmetic, so they answer at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from fits.solver import BadQuery, Caution
from fits.step_law.schema import Query


@dataclass(frozen=True)
class Answer:
    """What a law says; None where it says nothing. Batch in tokens."""

    lr: float | None
    batch: float | None
    warnings: tuple[Caution, ...] = ()


@dataclass(frozen=True)
class Law:
    """A published law and where it holds."""

    answer: Callable[[Query], Answer]
    valid_for: str
    schedules: tuple[str, ...]


def step_law(q: Query) -> Answer:
    """arXiv 2503.04715: LR = 1.79 N^-.713 D^.307, B = .58 D^.571."""
    outside = [
        f"{name} = {value:.3g} is outside {low:.0e} to {high:.0e}"
        for name, value, low, high in (
            ("N", q.params, 6e7, 1e9),
            ("D", q.tokens, 2e9, 1e11),
            ("D/N", q.tokens / q.params, 1.0, 500.0),
        )
        if not low <= value <= high
    ]
    cautions = (
        (Caution(code="extrapolation", message="; ".join(outside) + " (the range of the published runs)"),) if outside else ()
    )
    return Answer(1.79 * q.params**-0.713 * q.tokens**0.307, 0.58 * q.tokens**0.571, cautions)


def deepseek(q: Query) -> Answer:
    """DeepSeek LLM: LR = .3118 C^-.1250, B = .2920 C^.3271 with C = M D and M = 72 L w^2 + 12 L w seq FLOPs a token."""
    if q.width is not None and q.layers is not None:
        return _deepseek(72 * q.layers * q.width**2 + 12 * q.layers * q.width * q.seq_len, q.tokens)
    answer = _deepseek(6 * q.params, q.tokens)
    caution = Caution(code="approximate-compute", message="--width and --layers not given: 6N stands for the FLOPs of a token")
    return Answer(answer.lr, answer.batch, (caution,))


def _deepseek(flops_per_token: float, tokens: float) -> Answer:
    compute = flops_per_token * tokens
    return Answer(0.3118 * compute**-0.1250, 0.2920 * compute**0.3271)


def moonlight(q: Query) -> Answer:
    """Moonlight: LR = .0127 C^-.057, B = .0065 C^.4138 with C = 6ND."""
    compute = 6 * q.params * q.tokens
    return Answer(0.0127 * compute**-0.057, 0.0065 * compute**0.4138)


def porian(q: Query) -> Answer:
    """Porian et al.: LR = 3.7 N^-.36, B = .7576 N^.703, for D near 20 N."""
    ratio = q.tokens / q.params
    far = () if 10 <= ratio <= 40 else (Caution(code="extrapolation", message=f"D/N = {ratio:.3g}, the law was measured near 20"),)
    return Answer(3.7 * q.params**-0.36, 0.7576 * q.params**0.703, far)


def openai(q: Query) -> Answer:
    """Kaplan et al. 2020: LR = 3.239e-3 - 1.395e-4 ln N; critical batch 2e8 L^-4.7619 tokens at loss L."""
    lr = 3.239e-3 - 1.395e-4 * math.log(q.params)
    if lr <= 0:
        raise BadQuery("params", f"the openai law gives no positive learning rate at N = {q.params:.3g}")
    return Answer(lr, *_from_loss(q, 2.0e8, -4.7619))


def minicpm(q: Query) -> Answer:
    """MiniCPM: LR .01 under muP; B = 1.21e9 L^-6.24 tokens at loss L."""
    return Answer(0.01, *_from_loss(q, 1.21e9, -6.24))


def _from_loss(q: Query, scale: float, exponent: float) -> tuple[float | None, tuple[Caution, ...]]:
    if q.loss is None:
        return None, (Caution(code="no-batch", message="this law's batch size needs the expected final loss: give --loss"),)
    return scale * q.loss**exponent, ()


def power_lr(q: Query, tokens_seen: float, batch_sequences: float) -> float:
    """Power Scheduler, arXiv 2408.13359: eta(n) = min(eta_max, B a n^b), n in tokens seen, B in sequences."""
    return min(q.power_max_lr, batch_sequences * q.power_scale * math.pow(tokens_seen, q.power_exponent))


def power(q: Query) -> Answer:
    """The Power Scheduler's learning rate when the training ends, before its decay; it names no batch size."""
    if q.batch_tokens is None:
        raise BadQuery("batch_tokens", "the power law scales with the batch: give --batch-tokens")
    recalled = Caution(
        code="unconfirmed", message="the constants of the power law are recalled, not confirmed; set --power-scale …"
    )
    return Answer(power_lr(q, q.tokens, q.batch_tokens / q.seq_len), None, (recalled,))


LAWS = {
    "step-law": Law(step_law, "AdamW, cosine to a fixed minimum LR of 1e-5; N 6e7-1e9, D 2e9-1e11, D/N 1-500", ("cosine",)),
    "deepseek": Law(deepseek, "multi-step schedule; compute M·D of non-embedding FLOPs", ("multi-step",)),
    "moonlight": Law(moonlight, "compute 6ND", ("cosine", "wsd")),
    "porian": Law(porian, "D near 20 N", ("cosine",)),
    "openai": Law(openai, "critical batch size; needs the loss", ("cosine",)),
    "minicpm": Law(minicpm, "muP, WSD schedule; the batch needs the loss", ("wsd",)),
    "power": Law(power, "muP, WSD schedule; any size and horizon", ("wsd",)),
}
