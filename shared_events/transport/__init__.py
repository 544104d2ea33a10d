"""The way of events: exchanges, queues, the Celery app and publishing.

The broker may lose messages, for catch-up repairs that; it must never block.
"""
