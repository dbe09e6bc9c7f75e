"""Draws the figures of a solver: as a picture, as a page, and in the terminal."""
