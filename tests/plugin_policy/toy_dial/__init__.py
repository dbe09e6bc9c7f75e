"""A solver with an online form, for the tests of `advisor serve`: it sets a dial, and remembers all it was told."""
