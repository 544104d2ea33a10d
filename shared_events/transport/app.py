"""The service's Celery app, made from its event settings."""

import logging
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
from celery import Celery
from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown
from django.core.exceptions import ImproperlyConfigured

from shared_events.errors import describe
from shared_events.inbox.subscriptions import followed_streams
from shared_events.settings import EventSettings, event_settings
from shared_events.transport import embedded
from shared_events.transport.running_tasks import follow_tasks
from shared_events.transport.topology import Topology, topology_of

logger = logging.getLogger(__name__)


class ReconnectingConsumer(Consumer):
    """A Celery consumer that tries to reconnect to the broker twice a second, for as long as it takes.

    Celery's own pauses grow to half a minute, by which everything would be late after the broker's return.
    Delayed delivery isn't declared here either: the topology does it, once.
    """

    class Blueprint(Consumer.Blueprint):
        """Celery's own steps without that one."""

        default_steps = [step for step in Consumer.Blueprint.default_steps if "DelayedDelivery" not in step]

    def call_soon_ack(self, p: Any, *args: Any, **kwargs: Any) -> Any:
        """Acknowledge now, as soon as a task has ended.

        Celery leaves that to a later turn of its event loop, but what a turn puts off while it does what was
        put off before waits until a socket or a timer wakes the loop; and with one message under way at a
        time nothing comes before the acknowledgement. Our pools end their tasks in the loop's own thread.
        """
        return p(*args, **kwargs)

    def ensure_connected(self, conn: Any) -> Any:
        """Connect, unless the worker is shutting down."""

        def log_retry(error: Exception, pause: float) -> None:
            logger.warning("The broker is away, trying again in %s s: %s", pause, describe(error))

        return conn.ensure_connection(
            log_retry, interval_start=0.5, interval_step=0, interval_max=0.5, callback=maybe_shutdown
        )


def create_app(settings_module: str) -> Celery:
    """Set Django up with `settings_module` (unless the environment names another) and return the app."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module)
    django.setup()
    return celery_app()


@cache
def celery_app() -> Celery:
    """Return this process's Celery app; Django must be set up. Raises ImproperlyConfigured."""
    settings = event_settings()
    app = Celery(settings.service)
    app.config_from_object(_configuration(settings))
    app.set_default()
    follow_tasks()
    return app


def uses_rabbitmq(settings: EventSettings) -> bool:
    """Return whether the broker is RabbitMQ. Raises ImproperlyConfigured for a URL of another kind."""
    scheme = urlsplit(settings.broker_url).scheme
    if scheme not in {"amqp", "amqps", "filesystem"}:
        raise ImproperlyConfigured(
            f"BROKER_URL must be amqp://user:password@host:port/vhost or filesystem:///folder, not {scheme}://"
        )
    return scheme != "filesystem"


@cache
def topology() -> Topology:
    """Return this service's queues."""
    settings = event_settings()
    return topology_of(settings, followed_streams(), quorum=uses_rabbitmq(settings))


def _configuration(settings: EventSettings) -> dict[str, Any]:
    commands = topology().commands
    return {
        **_broker(settings),
        "task_queues": topology().all(),
        "task_default_queue": commands.name,
        "task_default_exchange": commands.exchange.name,
        "task_default_exchange_type": commands.exchange.type,
        "task_default_routing_key": commands.routing_key,
        "task_create_missing_queues": False,
        "task_acks_late": True,
        "task_ignore_result": True,
        "accept_content": ["json"],
        "worker_prefetch_multiplier": 1,
        "worker_consumer": f"{__name__}:ReconnectingConsumer",
        # Celery would connect to the database anew for every task.
        "CELERY_DB_REUSE_MAX": sys.maxsize,
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "broker_heartbeat": 30,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_channel_error_retry": True,
    }


def _broker(settings: EventSettings) -> dict[str, Any]:
    if uses_rabbitmq(settings):
        return {
            "broker_url": settings.broker_url,
            "broker_transport_options": {"confirm_publish": True},
        }
    folder = Path(urlsplit(settings.broker_url).path)
    return {
        "broker_url": f"{embedded.SCHEME}://",
        "broker_transport_options": embedded.options(folder),
    }
