"""Decision rules that learn while they decide, and what they share; no solver is imported here."""
