"""The routes under /api/payments."""

from django.urls import path

from payments_service.payments.api.views import HearStripe, OnePayment, OpenIntent, Payments

urlpatterns = [
    path("api/payments", Payments.as_view(), name="payments"),
    path("api/payments/intents", OpenIntent.as_view(), name="open-intent"),
    path("api/payments/webhook", HearStripe.as_view(), name="stripe-webhook"),
    path("api/payments/<uuid:payment_id>", OnePayment.as_view(), name="payment"),
]
