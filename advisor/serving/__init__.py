"""What `advisor serve` is made of: the lines, the loop around them, and the state file."""
