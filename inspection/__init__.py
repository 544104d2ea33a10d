"""Looking at a running stack: what works, what waits, what was published."""
