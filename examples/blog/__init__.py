"""A blog of four services: the same backbone, and nothing of the marketplace."""
