"""A solver in a package of its own: how much more training a target loss needs."""
