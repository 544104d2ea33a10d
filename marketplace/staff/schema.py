"""Operation ids of routes that every service has: unique in the document of all services."""

from django.conf import settings

from service_defaults.schema import UseCaseSchema


class EveryServiceSchema(UseCaseSchema):
    """Names an operation after its view and the service: `listParkedEventsOfOrders`."""

    def get_operation_id(self) -> str:
        """Return the operation's id."""
        return f"{super().get_operation_id()}Of{settings.SERVICE.capitalize()}"
