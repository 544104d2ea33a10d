"""The management commands that every service has from shared_events."""
