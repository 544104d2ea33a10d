"""The routes under /api/orders."""

from django.urls import path

from orders_service.orders.api.views import ExtendOrder, HoldTerms, OrderDetail, OrderList

urlpatterns = [
    path("api/orders", OrderList.as_view(), name="orders"),
    path("api/orders/terms", HoldTerms.as_view(), name="terms"),
    path("api/orders/<uuid:order_id>", OrderDetail.as_view(), name="order"),
    path("api/orders/<uuid:order_id>/extend", ExtendOrder.as_view(), name="extend-order"),
]
