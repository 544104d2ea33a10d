"""The routes of this service."""

from marketplace.urls import ERROR_HANDLERS, service_urls
from payments_service.payments.paying import PaymentRefused
from service_defaults import problems

urlpatterns = service_urls("payments", api="payments_service.payments.api.urls")
problems.register(PaymentRefused, status=402)
handler400, handler403, handler404, handler500 = ERROR_HANDLERS
