"""The command set in front of the solvers in `fits`: logs come in, fits and recommendations go out."""

from fits import __version__ as __version__
