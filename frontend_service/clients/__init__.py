"""Clients of the APIs behind the gateway."""
