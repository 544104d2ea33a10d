"""Domain events between Django services: an event log per service, a relay, cursors and catch-up.

The publisher's event log is the truth; the broker is the fast road to it. See docs/explanation/events.md.
"""
