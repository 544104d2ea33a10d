"""The routes under /api/tickets."""

from django.urls import path

from tickets_service.tickets.api.views import OneTicket, ShowBusiness, Tickets

urlpatterns = [
    path("api/tickets", Tickets.as_view(), name="tickets"),
    path("api/tickets/summary", ShowBusiness.as_view(), name="business"),
    path("api/tickets/<uuid:ticket_id>", OneTicket.as_view(), name="ticket"),
]
