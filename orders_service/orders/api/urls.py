"""The routes under /api/orders."""

from django.urls import path

from orders_service.orders.api import staff
from orders_service.orders.api.views import ExtendOrder, HoldTerms, OrderDetail, OrderList

urlpatterns = [
    path("api/orders/staff/search", staff.SearchOrders.as_view(), name="staff-search"),
    path("api/orders/staff/today", staff.ShowOrdersToday.as_view(), name="staff-today"),
    path("api/orders/staff/orders", staff.StaffOrderList.as_view(), name="staff-orders"),
    path("api/orders/staff/orders/<uuid:order_id>", staff.StaffOrderDetail.as_view(), name="staff-order"),
    path(
        "api/orders/staff/orders/<uuid:order_id>/release", staff.ReleaseOrder.as_view(), name="staff-release"
    ),
    path("api/orders", OrderList.as_view(), name="orders"),
    path("api/orders/terms", HoldTerms.as_view(), name="terms"),
    path("api/orders/<uuid:order_id>", OrderDetail.as_view(), name="order"),
    path("api/orders/<uuid:order_id>/extend", ExtendOrder.as_view(), name="extend-order"),
]
