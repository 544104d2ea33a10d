"""The whole marketplace on one machine: what `manage_all.py` does once the virtual environment is made.

It starts the services as their own processes, by name, command and environment; it imports none of them.
"""
