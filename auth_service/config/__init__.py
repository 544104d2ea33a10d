"""Settings, urls and entry points of the auth service."""
