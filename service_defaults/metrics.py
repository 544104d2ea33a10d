"""What a web process counts, for Prometheus, and where it is served: METRICS_BIND, a port of its own."""

import logging
import os
from typing import Any

import prometheus_client
from django.db.backends.signals import connection_created
from django.http import HttpRequest
from prometheus_client import CollectorRegistry, Counter, Histogram, exposition
from prometheus_client.multiprocess import MultiProcessCollector

from service_defaults import env

logger = logging.getLogger(__name__)

#: Names and labels are those of OpenTelemetry's semantic conventions for HTTP servers.
REQUEST_DURATION = Histogram(
    "http_server_request_duration_seconds",
    "Duration of requests by route, not by path.",
    ["http_request_method", "http_route", "http_response_status_code"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
RATE_LIMIT_EXCEEDED = Counter("rate_limit_exceeded", "Requests refused with 429.", ["rate"])
CONNECTIONS_CREATED = Counter("db_client_connections_created", "Connections made to the database.")

#: Methods that have a series of their own; what else visitors invent is one.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def observe_request(request: HttpRequest, status: int, seconds: float) -> None:
    """Count an answered request under the route that it met, "none" where it met none."""
    method = request.method if request.method in _METHODS else "_OTHER"
    match = request.resolver_match
    route = f"/{match.route}" if match else "none"
    REQUEST_DURATION.labels(method, route, str(status)).observe(seconds)


def serve() -> None:
    """Serve the metrics of all of a server's processes; without an address, or one that is taken, none.

    Each process listens at the same address, and the system picks one: with PROMETHEUS_MULTIPROC_DIR each
    answers for all.
    """
    address = env.text("METRICS_BIND")
    if not address:
        return
    registry = prometheus_client.REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    host, _, port = address.rpartition(":")
    exposition.ThreadingWSGIServer.allow_reuse_port = True
    try:
        prometheus_client.start_http_server(int(port), host, registry)
    except (OSError, ValueError) as error:
        logger.error("No metrics at %s: %s", address, error)


def _count_connection(**_: Any) -> None:
    CONNECTIONS_CREATED.inc()


connection_created.connect(_count_connection)
