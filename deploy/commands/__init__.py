"""The commands of `./manage_all.py` for deployments. See `local_stack.commands`."""
