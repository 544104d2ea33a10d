"""The routes of this service."""

from marketplace.urls import ERROR_HANDLERS, service_urls

urlpatterns = service_urls("orders", api="orders_service.orders.api.urls")
handler400, handler403, handler404, handler500 = ERROR_HANDLERS
