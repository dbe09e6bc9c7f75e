"""Families of falling curves: deterministic separable fits within the range of the metric, and their mixture.

`fit_all` fits one curve, `fit_many` many curves that share their x, `FAMILIES` is what there is.
"""

from fits.learning_curve.families.combine import Mixture, combine
from fits.learning_curve.families.family import Family
from fits.learning_curve.families.fitting import Fitted, FittedMany, fit_all, fit_family, fit_many
from fits.learning_curve.families.registry import FAMILIES
from fits.learning_curve.families.weights import recency_weights, thinned

__all__ = [
    "FAMILIES",
    "Family",
    "Fitted",
    "FittedMany",
    "Mixture",
    "combine",
    "fit_all",
    "fit_family",
    "fit_many",
    "recency_weights",
    "thinned",
]
