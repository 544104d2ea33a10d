"""The commands of `./manage_all.py` that test, break and measure. See `local_stack.commands`."""
