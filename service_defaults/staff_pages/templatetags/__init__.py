"""Template tags of the operators' admin."""
