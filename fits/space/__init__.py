"""Search spaces: parameters of every kind, what ties them together, and their encoding as vectors."""

from fits.space.encoding import Encoding
from fits.space.errors import NoFeasiblePoint, SpaceError
from fits.space.model import Fidelity, Objective, Space
from fits.space.parameters import Boolean, Categorical, Float, Integer, Ordinal

__all__ = [
    "Boolean",
    "Categorical",
    "Encoding",
    "Fidelity",
    "Float",
    "Integer",
    "NoFeasiblePoint",
    "Objective",
    "Ordinal",
    "Space",
    "SpaceError",
]
