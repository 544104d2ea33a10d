"""What an operator sees of the users."""

from django.contrib import admin

from marketplace.users.models import UserReplica
from service_defaults.staff import StaffModelAdmin


@admin.register(UserReplica)
class UserReplicaAdmin(StaffModelAdmin):
    """Whether users may trade, as auth last published it."""

    list_display = ("id", "status", "version")
    list_filter = ("status",)
    search_fields = ("=id",)
