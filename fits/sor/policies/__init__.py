"""Decision rules over the relaxation parameter omega."""
