"""Forecasts learned from thousands of finished curves: boosted trees on what the beginning of a curve shows.

`forecast` answers from the model that ships with the package; `training` made it.
"""

from fits.learning_curve.meta.file import shipped
from fits.learning_curve.meta.forecasting import Forecast, forecast
from fits.learning_curve.meta.model import LEVELS, LONGEST, Model

__all__ = ["LEVELS", "LONGEST", "Forecast", "Model", "forecast", "shipped"]
