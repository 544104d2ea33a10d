"""The routes under /api/payments."""

from django.urls import path

from payments_service.payments.api.views import OpenIntent, PaymentDetail, PaymentList, ReceiveWebhook

urlpatterns = [
    path("api/payments", PaymentList.as_view(), name="payments"),
    path("api/payments/intents", OpenIntent.as_view(), name="open-intent"),
    path("api/payments/webhook", ReceiveWebhook.as_view(), name="stripe-webhook"),
    path("api/payments/<uuid:payment_id>", PaymentDetail.as_view(), name="payment"),
]
