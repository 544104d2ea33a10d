"""`manage declare_topology`: make this service's exchanges and queues on the broker."""

from typing import Any

from django.core.management.base import BaseCommand

from shared_events.transport.app import celery_app, topology
from shared_events.transport.publisher import declare_topology


class Command(BaseCommand):
    """Runs for all services before any relay or worker starts; repeating it changes nothing."""

    help = "Declare this service's exchanges and queues on the broker."

    def handle(self, *args: Any, **options: Any) -> None:
        """Declare and say what is there."""
        with celery_app().connection_for_write() as connection:
            declare_topology(connection)
        self.stdout.write("Queues: " + ", ".join(queue.name for queue in topology().all()))
