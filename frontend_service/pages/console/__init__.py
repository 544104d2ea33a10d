"""The operators' console: what happens in the services, and what staff may do about it."""
