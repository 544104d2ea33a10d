"""The road: exchanges, queues, the Celery app and publishing.

The road may lose things, for catch-up repairs that; it must never block.
"""
