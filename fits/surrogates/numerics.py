"""Under what settings models are fitted and asked."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def numerics() -> Iterator[None]:
    """Inside, torch works on one thread: on a few hundred rows, threads wait for each other longer than they compute.

    What a library draws without being given a seed is the same each time, and the caller's generator is left as it was.

    A jitter on the diagonal of a matrix that is nearly singular is the libraries' ordinary remedy: it is announced to nobody.
    """
    import torch
    from linear_operator.utils.warnings import NumericalWarning

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
            warnings.simplefilter("ignore", NumericalWarning)
            torch.manual_seed(0)
            yield
    finally:
        torch.set_num_threads(threads)
