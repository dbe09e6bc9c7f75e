"""Forecasts learned from thousands of finished curves: neural networks on what the beginning of a curve shows.

`forecast` answers from the model that ships with the package; `training` made it.
"""

from fits.learning_curve.meta.file import shipped
from fits.learning_curve.meta.forecasting import SHORTEST, Forecast, forecast
from fits.learning_curve.meta.model import LONGEST, Model
from fits.learning_curve.quantiles import LEVELS

__all__ = ["LEVELS", "LONGEST", "SHORTEST", "Forecast", "Model", "forecast", "shipped"]
