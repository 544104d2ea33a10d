"""Django app: the admin with the operators' site as its default site."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """Replaces `django.contrib.admin` in INSTALLED_APPS, so that `@admin.register` uses `StaffSite`."""

    default_site = "service_defaults.staff.StaffSite"
