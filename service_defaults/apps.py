"""Django's own way to give a project another admin site: an AdminConfig with `default_site`."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """Stands in INSTALLED_APPS where `django.contrib.admin` would, so `@admin.register` finds our site."""

    default_site = "service_defaults.staff.StaffSite"
