"""The routes of this service."""

from marketplace.urls import ERROR_HANDLERS, service_urls

urlpatterns = service_urls("tickets", api="tickets_service.tickets.api.urls")
handler400, handler403, handler404, handler500 = ERROR_HANDLERS
