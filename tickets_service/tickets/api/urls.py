"""The routes under /api/tickets."""

from django.urls import path

from tickets_service.tickets.api import staff
from tickets_service.tickets.api.views import ListingTerms, SellerSummaryDetail, TicketDetail, TicketList

urlpatterns = [
    path("api/tickets/staff/search", staff.SearchTickets.as_view(), name="staff-search"),
    path("api/tickets/staff/today", staff.ShowTicketsToday.as_view(), name="staff-today"),
    path(
        "api/tickets/staff/tickets/<uuid:ticket_id>", staff.StaffTicketDetail.as_view(), name="staff-ticket"
    ),
    path(
        "api/tickets/staff/tickets/<uuid:ticket_id>/withdraw",
        staff.WithdrawAnyTicket.as_view(),
        name="staff-withdraw",
    ),
    path("api/tickets", TicketList.as_view(), name="tickets"),
    path("api/tickets/summary", SellerSummaryDetail.as_view(), name="business"),
    path("api/tickets/terms", ListingTerms.as_view(), name="terms"),
    path("api/tickets/<uuid:ticket_id>", TicketDetail.as_view(), name="ticket"),
]
