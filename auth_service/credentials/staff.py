"""Operators of auth's own admin: their account is here already."""

from auth_service.accounts.models import User
from service_defaults.staff import StaffBackend
from service_defaults.tokens import Claims


class AccountBackend(StaffBackend):
    """Finds the account itself where other services make a stand-in."""

    def account_of(self, claims: Claims) -> User | None:
        """The account, while it is active and staff, whatever the token says."""
        return User.objects.filter(pk=claims.sub, is_staff=True, status=User.Status.ACTIVE).first()
