"""The authentication backend of auth's own admin, where operators' accounts are stored."""

from auth_service.accounts.models import User
from service_defaults.staff import StaffBackend
from service_defaults.tokens import Claims


class AccountBackend(StaffBackend):
    """Uses the account itself, where other services create a local one."""

    def account_of(self, claims: Claims) -> User | None:
        """Return the account, while it is active and staff, whatever the token's claims."""
        return User.objects.filter(pk=claims.sub, is_staff=True, status=User.Status.ACTIVE).first()
