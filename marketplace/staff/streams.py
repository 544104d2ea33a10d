"""The streams that a service follows, and following one again that was halted."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from contracts.staff import SUPPORT_ROLES
from marketplace.staff.schema import EveryServiceSchema
from marketplace.staff.serializers import (
    FollowedStreamWithLossOutput,
    ResumedOutput,
    ResumeInput,
    StreamInput,
)
from service_defaults.errors import BusinessRuleViolation, NotFound
from service_defaults.staff_api import StaffAction, StaffView, act
from shared_events.inbox.resume import NotResumable, Resumed, WouldBeLost, resume_stream, would_be_lost
from shared_events.models import Cursor
from shared_events.status import FollowedStatus, read_status

#: How many of the events that would be lost are shown; all are counted.
SHOWN = 200


class StreamNotFollowed(NotFound):
    """This service doesn't follow such a stream."""


class StreamNotResumable(BusinessRuleViolation):
    """The stream can't be resumed so."""


class ShowFollowedStream(StaffView):
    """One followed stream."""

    schema = EveryServiceSchema()

    @extend_schema(parameters=[StreamInput], responses={200: FollowedStreamWithLossOutput})
    def get(self, request: Request, stream: str) -> Response:
        """Show how far the stream is applied here, and what resuming it from a position would lose."""
        query = StreamInput(data=request.query_params)
        query.is_valid(raise_exception=True)
        status, position = _get(stream), query.validated_data.get("position")
        lost = WouldBeLost(events=(), count=0)
        if position is not None:
            lost = would_be_lost(stream, position=position, most=SHOWN)
        return Response(FollowedStreamWithLossOutput(status, context={"lost": lost}).data)


class ResumeStream(StaffAction):
    """Follow a stream again."""

    schema = EveryServiceSchema()
    action_roles = SUPPORT_ROLES

    @extend_schema(request=ResumeInput, responses={200: ResumedOutput})
    def post(self, request: Request, stream: str) -> Response:
        """Follow a halted stream again: where it stopped, or from another position of the publisher's log.

        A position above 0 needs `lastId`, the id of the publisher's event there. `lost` counts what was
        received after it, as far as it was kept: it stays listed until it is settled.
        """
        given = ResumeInput(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        _get(stream)

        def resume() -> Resumed:
            try:
                return resume_stream(stream, position=values.get("position"), last_id=values.get("last_id"))
            except NotResumable as error:
                raise StreamNotResumable(str(error)) from error

        resumed = act(
            request, on=Cursor(stream=stream), done="resumed", reason=values["reason"], operation=resume
        )
        shown = {"stream": stream, "position": resumed.position, "lost": len(resumed.lost)}
        return Response(ResumedOutput(shown).data)


def _get(stream: str) -> FollowedStatus:
    found = next((one for one in read_status().followed if one.stream == stream), None)
    if found is None:
        raise StreamNotFollowed
    return found
