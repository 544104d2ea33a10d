"""The routes of tickets: validate, open the transaction, call one operation, shape the answer."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from service_defaults.authentication import Principal, principal
from service_defaults.conditional import etag_for, not_modified, require_match
from service_defaults.idempotency.idempotent import idempotent
from service_defaults.idempotency.store import IN_OPENAPI
from service_defaults.paging import KeysetPagination
from tickets_service.tickets import operations, queries
from tickets_service.tickets.api.serializers import (
    ORDERINGS,
    ListingFilterInput,
    ListingTermsOutput,
    SellerSummaryOutput,
    TicketInput,
    TicketOutput,
    listing_terms,
)
from tickets_service.tickets.models import Ticket


class TicketList(APIView):
    """The available listings."""

    permission_classes = (IsAuthenticatedOrReadOnly,)

    @extend_schema(
        operation_id="listTickets", parameters=[ListingFilterInput], responses={200: TicketOutput(many=True)}
    )
    def get(self, request: Request) -> Response:
        """List what can be bought, newest first. With one's own id as `seller`, all of one's listings.

        With `ids` exactly those listings, held and sold ones too: nothing else then narrows the list.
        """
        query = ListingFilterInput(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        filters, ordering = query.validated_data, None
        if "ids" in filters:
            tickets = queries.list_tickets_by_id(ids=filters["ids"])
        else:
            ordering = ORDERINGS[filters.pop("sort", "newest")]
            visitor = request.user.id if isinstance(request.user, Principal) else None
            tickets = queries.list_tickets(filters=filters, visitor_id=visitor)
            if ordering and ordering.field == "starts_at":
                tickets = queries.only_upcoming(tickets, now=timezone.now())
        pages = KeysetPagination()
        page = pages.paginate_queryset(tickets, request, ordering=ordering)
        return pages.get_paginated_response(TicketOutput(page, many=True).data)

    @extend_schema(
        operation_id="createTicket",
        parameters=[IN_OPENAPI],
        request=TicketInput,
        responses={201: TicketOutput},
    )
    def post(self, request: Request) -> Response:
        """List a ticket for sale."""
        data = TicketInput(data=request.data)
        data.is_valid(raise_exception=True)

        def create() -> Response:
            ticket = operations.create_ticket(
                seller_id=principal(request).id, details=data.validated_data, now=timezone.now()
            )
            return _answer(ticket, status=201)

        return idempotent(request, create)


class ListingTerms(APIView):
    """What a seller may know before the first listing."""

    permission_classes = (IsAuthenticatedOrReadOnly,)

    @extend_schema(operation_id="getListingTerms", responses={200: ListingTermsOutput})
    def get(self, request: Request) -> Response:
        """Show the currencies, and how much and how long things may be."""
        return Response(ListingTermsOutput(listing_terms()).data)


class SellerSummaryDetail(APIView):
    """A seller's figures."""

    @extend_schema(operation_id="showBusiness", responses={200: SellerSummaryOutput})
    def get(self, request: Request) -> Response:
        """Count one's own listings by state, and sum up what the sold ones bring."""
        business = queries.summarize_seller(seller_id=principal(request).id)
        earned = [{"amount": amount, "currency": currency} for currency, amount in business.earned.items()]
        figures = {"listed": business.listed, "held": business.held, "sold": business.sold, "earned": earned}
        return Response(SellerSummaryOutput(figures).data)


class TicketDetail(APIView):
    """One listing."""

    permission_classes = (IsAuthenticatedOrReadOnly,)

    @extend_schema(operation_id="getTicket", responses={200: TicketOutput})
    def get(self, request: Request, ticket_id: UUID) -> Response:
        """Show it; with `If-None-Match` only when it has changed."""
        ticket = queries.get_ticket(ticket_id=ticket_id)
        if not_modified(request, etag_for(ticket.version)):
            return Response(status=304, headers={"ETag": etag_for(ticket.version)})
        return _answer(ticket)

    @extend_schema(operation_id="replaceTicket", request=TicketInput, responses={200: TicketOutput})
    def put(self, request: Request, ticket_id: UUID) -> Response:
        """Change it; `title` and `price` are required, what else is left out stays as it was."""
        return self._update(request, ticket_id, partial=False)

    @extend_schema(
        operation_id="updateTicket", request=TicketInput(partial=True), responses={200: TicketOutput}
    )
    def patch(self, request: Request, ticket_id: UUID) -> Response:
        """Change some of it."""
        return self._update(request, ticket_id, partial=True)

    @extend_schema(operation_id="withdrawTicket", responses={204: OpenApiResponse(description="Withdrawn")})
    def delete(self, request: Request, ticket_id: UUID) -> Response:
        """Withdraw it, unless it is held or sold."""
        with transaction.atomic():
            operations.withdraw_ticket(ticket=self._lock(request, ticket_id), now=timezone.now())
        return Response(status=204)

    def _update(self, request: Request, ticket_id: UUID, *, partial: bool) -> Response:
        with transaction.atomic():
            # The ticket before the input: a stranger learns "not yours", not what is wrong with the price.
            ticket = self._lock(request, ticket_id)
            data = TicketInput(data=request.data, partial=partial)
            data.is_valid(raise_exception=True)
            operations.update_ticket(ticket=ticket, details=data.validated_data, now=timezone.now())
        return _answer(ticket)

    def _lock(self, request: Request, ticket_id: UUID) -> Ticket:
        ticket = operations.lock_own_ticket(ticket_id=ticket_id, seller_id=principal(request).id)
        require_match(request, etag_for(ticket.version))
        return ticket


def _answer(ticket: Ticket, status: int = 200) -> Response:
    return Response(TicketOutput(ticket).data, status=status, headers={"ETag": etag_for(ticket.version)})
