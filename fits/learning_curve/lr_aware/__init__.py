"""Loss curves whose learning rate is known: the rest of a run from its first part, its plan, and runs of the kind."""

from fits.learning_curve.lr_aware.fitting import fit_lr_aware
from fits.learning_curve.lr_aware.forecast import LrAwareFit, predict
from fits.learning_curve.lr_aware.schedule import Run

__all__ = ["LrAwareFit", "Run", "fit_lr_aware", "predict"]
