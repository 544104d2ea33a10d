"""The commands of `./manage_all.py` that look at a running stack. See `local_stack.commands`."""
