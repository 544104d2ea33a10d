"""The commands of `./manage_all.py` that write code. See `local_stack.commands`."""
