"""What an operator sees of the users."""

from django.contrib import admin

from marketplace.users.models import UserReplica
from service_defaults.staff import StaffModelAdmin


@admin.register(UserReplica)
class UserReplicaAdmin(StaffModelAdmin):
    """Whether users may trade, as auth last published it."""

    list_display = ("id", "status", "version", "user_id")
    list_filter = ("status",)
    search_fields = ("=id",)
    search_help_text = "A user's id, or its first 8 characters"
    readonly_fields = ("user_id",)

    @admin.display(description="account")
    def user_id(self, user: UserReplica) -> str:
        """Return the user's id once more: under this name it links to the account."""
        return str(user.pk)
