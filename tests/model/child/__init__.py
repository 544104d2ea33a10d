"""One service as a process of its own, driven over a pipe: `python -m tests.model.child orders`."""
