"""The trace method: convergence of a sequence of power-law fits, with its audit trail.

Vilares Ferro, Darriba Bilbao, Ribadas Pena, "Modeling of learning curves with applications to POS tagging" (arXiv 2402.02515) and
"Absolute convergence and error thresholds in non-active adaptive sampling" (arXiv 2402.02522).
"""

from fits.learning_curve.trace.levels import TAU, Level, Trace, decision_rate, trace
from fits.learning_curve.trace.trend import Trend

__all__ = ["TAU", "Level", "Trace", "Trend", "decision_rate", "trace"]
