"""The routes under /api/tickets."""

from django.urls import path

from tickets_service.tickets.api.views import ListingTerms, SellerSummaryDetail, TicketDetail, TicketList

urlpatterns = [
    path("api/tickets", TicketList.as_view(), name="tickets"),
    path("api/tickets/summary", SellerSummaryDetail.as_view(), name="business"),
    path("api/tickets/terms", ListingTerms.as_view(), name="terms"),
    path("api/tickets/<uuid:ticket_id>", TicketDetail.as_view(), name="ticket"),
]
