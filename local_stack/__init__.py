"""The whole marketplace on one machine: what `manage_all.py` does once the virtual environment stands.

It starts the services as their own processes and knows them by name, command and environment only; it imports
none of them.
"""
