"""How this service is put together."""
