"""The routes under /api/payments."""

from django.urls import path

from payments_service.payments.api import staff
from payments_service.payments.api.views import OpenIntent, PaymentDetail, PaymentList, ReceiveWebhook

_PAYMENT = "api/payments/staff/payments/<uuid:payment_id>"

urlpatterns = [
    path("api/payments/staff/search", staff.SearchPayments.as_view(), name="staff-search"),
    path("api/payments/staff/today", staff.ShowPaymentsToday.as_view(), name="staff-today"),
    path("api/payments/staff/payments", staff.StaffPaymentList.as_view(), name="staff-payments"),
    path(_PAYMENT, staff.StaffPaymentDetail.as_view(), name="staff-payment"),
    path(f"{_PAYMENT}/refund", staff.RefundPayment.as_view(), name="staff-refund"),
    path(f"{_PAYMENT}/settle", staff.SettlePayment.as_view(), name="staff-settle"),
    path("api/payments", PaymentList.as_view(), name="payments"),
    path("api/payments/intents", OpenIntent.as_view(), name="open-intent"),
    path("api/payments/webhook", ReceiveWebhook.as_view(), name="stripe-webhook"),
    path("api/payments/<uuid:payment_id>", PaymentDetail.as_view(), name="payment"),
]
