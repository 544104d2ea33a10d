"""The readiness check: the gateway, through which every page calls the APIs."""

from frontend_service.clients.gateway import is_reachable
from service_defaults.health import register

register("gateway")(is_reachable)
