"""The state of a service's events, and its log."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.staff.schema import EveryServiceSchema
from marketplace.staff.serializers import EventStatusOutput, LoggedEventOutput, LogSearchInput
from service_defaults.staff_api import StaffView
from shared_events.outbox.log_search import events_about
from shared_events.status import read_status


class ShowEventStatus(StaffView):
    """What is published, applied, parked and late."""

    schema = EveryServiceSchema()

    @extend_schema(responses={200: EventStatusOutput})
    def get(self, request: Request) -> Response:
        """Show the state of this service's events."""
        return Response(EventStatusOutput(read_status().as_dict()).data)


class SearchEventLog(StaffView):
    """What this service recorded about something."""

    schema = EveryServiceSchema()

    @extend_schema(parameters=[LogSearchInput], responses={200: LoggedEventOutput(many=True)})
    def get(self, request: Request) -> Response:
        """Find the newest 200 events about an id, oldest first.

        The id is an aggregate's, a request's or an event's. Events that only name it in their data are found
        where they were recorded soon after the id was made, are among the newest, or belong to the same
        request as another one that is found.
        """
        query = LogSearchInput(data=request.query_params)
        query.is_valid(raise_exception=True)
        found = events_about(query.validated_data["about"])
        return Response(LoggedEventOutput(found, many=True).data)
