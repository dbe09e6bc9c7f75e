"""Seven solvers behind one interface: a log of what was tried goes in, a fit comes out, and advice on what to try next.

The library knows no terminal, no file and no database; `advisor` is the command set in front of it.
"""

__version__ = "0.1.0"
