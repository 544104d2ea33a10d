"""`drill`: break every part of a stack under load, and count what was lost, doubled or oversold."""
