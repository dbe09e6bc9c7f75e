"""bnn-bo: which configuration to evaluate next, by Bayesian optimization with the surrogate that suits the log."""
