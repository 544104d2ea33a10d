"""The routes of this service."""

from marketplace.urls import ERROR_HANDLERS, service_urls

urlpatterns = service_urls(
    "auth", api="auth_service.accounts.api.urls", prefix="api/users/", document="users"
)
handler400, handler403, handler404, handler500 = ERROR_HANDLERS
