"""The Celery app of this service's workers."""

from shared_events.transport.app import create_app

app = create_app("orders_service.config.settings")
