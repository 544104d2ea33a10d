"""Events that a service couldn't apply: what they are, and what staff decide about them."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from contracts.staff import SUPPORT_ROLES
from marketplace.staff.schema import EveryServiceSchema
from marketplace.staff.serializers import (
    CountOutput,
    DiscardedOutput,
    ParkedEventOutput,
    ParkedEventWithEnvelopeOutput,
    RedriveInput,
)
from service_defaults.authentication import principal
from service_defaults.errors import BusinessRuleViolation, NotFound, RequestInProgress
from service_defaults.paging import KeysetPagination
from service_defaults.staff_api import ReasonInput, StaffAction, StaffView, act, read_reason
from shared_events.inbox import parking
from shared_events.models import ParkedEvent
from shared_events.status import count_waiting_behind


class ParkedEventNotFound(NotFound):
    """There is no such parked event; it may have been applied or discarded."""


class ParkedEventBeingTried(RequestInProgress):
    """This event is being tried at the moment. See what comes of it first."""


class WaitsForAnOlderEvent(BusinessRuleViolation):
    """This event waits for an older one of its aggregate. Decide about that one."""


class ListParkedEvents(StaffView):
    """Parked events and dead letters."""

    schema = EveryServiceSchema()
    pagination_class = KeysetPagination

    @extend_schema(responses={200: ParkedEventOutput(many=True)})
    def get(self, request: Request) -> Response:
        """List what could not be applied, newest first."""
        pages = KeysetPagination()
        rows = count_waiting_behind(ParkedEvent.objects.defer("envelope", "traceback"))
        page = pages.paginate_queryset(rows, request)
        return pages.get_paginated_response(ParkedEventOutput(page, many=True).data)


class ShowParkedEvent(StaffView):
    """One of them."""

    schema = EveryServiceSchema()

    @extend_schema(responses={200: ParkedEventWithEnvelopeOutput})
    def get(self, request: Request, parked_id: int) -> Response:
        """Show a parked event, why it failed and what it says."""
        return Response(ParkedEventWithEnvelopeOutput(_get(parked_id)).data)


class RedriveParkedEvent(StaffAction):
    """Another try."""

    schema = EveryServiceSchema()
    action_roles = SUPPORT_ROLES
    error_statuses = (409,)

    @extend_schema(request=RedriveInput, responses={202: CountOutput})
    def post(self, request: Request, parked_id: int) -> Response:
        """Have the events worker try it again, with what waits behind it.

        With `alike` it tries all events that failed by the same error. `count` says with how many it begins.
        """
        given = RedriveInput(data=request.data)
        given.is_valid(raise_exception=True)
        row = _get(parked_id)
        if not row.error:
            raise WaitsForAnOlderEvent
        alike = given.validated_data["alike"]
        rows = parking.alike(row) if alike else ParkedEvent.objects.filter(id=row.id)
        count = act(
            request,
            on=row,
            done="redrive of all alike requested" if alike else "redrive requested",
            reason=given.validated_data["reason"],
            operation=lambda: _redrive(rows),
        )
        return Response(CountOutput({"count": count}).data, status=202)


class DiscardParkedEvent(StaffAction):
    """No other try."""

    schema = EveryServiceSchema()
    action_roles = SUPPORT_ROLES
    error_statuses = (409,)

    @extend_schema(request=ReasonInput, responses={200: DiscardedOutput})
    def post(self, request: Request, parked_id: int) -> Response:
        """Decide that it is never applied; what waits behind it goes on. Who, when and why is kept."""
        reason = read_reason(request)
        by = str(principal(request).id)
        act(
            request,
            on=_get(parked_id),
            done="discarded",
            reason=reason,
            operation=lambda: _discard(parked_id, reason=reason, by=by),
        )
        return Response(DiscardedOutput({"id": parked_id}).data)


def _get(parked_id: int) -> ParkedEvent:
    row = count_waiting_behind(ParkedEvent.objects.all()).filter(id=parked_id).first()
    if row is None:
        raise ParkedEventNotFound
    return row


def _redrive(rows: QuerySet[ParkedEvent]) -> int:
    # Without waiting for those that are being tried now: they need no other try.
    count = parking.request_redrive(rows.only("id", "error").select_for_update(skip_locked=True))
    if not count:
        raise ParkedEventBeingTried
    return count


def _discard(parked_id: int, *, reason: str, by: str) -> None:
    try:
        row = parking.lock_parked(parked_id)
    except parking.BeingTried:
        raise ParkedEventBeingTried from None
    if row is None:
        raise ParkedEventNotFound
    try:
        parking.discard(row, reason=reason, by=by)
    except parking.NotDiscardable:
        raise WaitsForAnOlderEvent from None
