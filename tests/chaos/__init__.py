"""`drill`: break every process of a stack under load, and count what was lost, doubled or oversold."""
