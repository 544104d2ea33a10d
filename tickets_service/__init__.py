"""Tickets: what sellers list. Publishes the `ticket` stream."""
