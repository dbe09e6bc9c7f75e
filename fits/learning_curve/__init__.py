"""learning-curve: where a run is heading, and whether more data or training is worth it."""
