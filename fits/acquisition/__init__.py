"""From models of the outcomes to the next configurations: what a point is worth, and the search for the best one."""
