"""What readiness depends on: the gateway, through which every page reaches everything."""

from frontend_service.clients.gateway import is_reachable
from service_defaults.health import register

register("gateway")(is_reachable)
