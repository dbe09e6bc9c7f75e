"""SOR and SSOR-preconditioned conjugate gradients for sparse matrices: the solver whose omega `sor` chooses."""

from fits.sor.relax.matrix import BadMatrix
from fits.sor.relax.relaxation import Relaxation
from fits.sor.relax.solve import Reason, Solve
from fits.sor.relax.young import young

__all__ = ["BadMatrix", "Reason", "Relaxation", "Solve", "young"]
