"""Domain events between Django services: an event log per service, a relay, cursors and catch-up.

The publisher's event log is authoritative; the broker is only transport. See docs/explanation/events.md.
"""
