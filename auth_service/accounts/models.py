"""Models of accounts, sessions and queued e-mails, with their invariants as database constraints."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from contracts import staff
from shared_events.ids import uuid7

CONCURRENT_REFRESH_WITHIN = timedelta(seconds=10)
MAX_PASSWORD_LENGTH = 256
"""In characters: a longer text would only cost time to hash."""


class UserManager(BaseUserManager["User"]):
    """Finds accounts by their e-mail address in any case."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Return the address as it is stored: without blanks around it, in lower case."""
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the account of this address; raise `User.DoesNotExist`."""
        return self.get(email=self.normalize_email(username))


class User(AbstractBaseUser):
    """A buyer, seller or operator. `version` grows by one with each recorded event."""

    class Status(models.TextChoices):
        """Whether the account may be used."""

        ACTIVE = "active"
        SUSPENDED = "suspended"

    class Role(models.TextChoices):
        """What an operator may do besides viewing: see `contracts.staff`."""

        NONE = ""
        SUPPORT = staff.SUPPORT
        MONEY = staff.MONEY

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True, max_length=254)
    is_staff = models.BooleanField("operator", default=False)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.NONE, blank=True)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.ACTIVE)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    #: Access tokens issued before are revoked; None until all its sessions are first ended together.
    not_before = models.DateTimeField(null=True, editable=False)
    email_verified_at = models.DateTimeField(null=True, editable=False)
    # Not stored, which saves a write per sign-in: sessions have the times.
    last_login = None

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        """One account per address, whatever its case."""

        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="email_is_lower_case"),
            models.CheckConstraint(
                condition=models.Q(status__in=["active", "suspended"]), name="user_status_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(status="suspended"), name="suspended_users")
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """Whether the account may be used, by the name that Django expects."""
        return self.status == self.Status.ACTIVE

    @property
    def email_verified(self) -> bool:
        """Whether the address was confirmed by a link. Nothing depends on it yet."""
        return self.email_verified_at is not None

    def verify_fingerprint(self) -> str:
        """Return a digest of the address and of when it was verified: a link to confirm it carries that."""
        state = "\n".join(("verify", self.email, str(self.email_verified_at)))
        return hashlib.sha256(state.encode()).hexdigest()[:24]

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        """Whether it is a view permission and the user an operator: no form changes accounts."""
        return self.is_active and self.is_staff and perm.partition(".")[2].startswith("view_")

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the user is an operator: they may view every app."""
        return self.is_active and self.is_staff


class Session(models.Model):
    """One sign-in, from one client. Each use replaces its refresh token; the reuse of an old one ends it."""

    class End(models.TextChoices):
        """Why a session ended before it expired."""

        SIGNED_OUT = "signed out"
        TOKEN_REUSED = "refresh token used twice"  # noqa: S105  a reason
        SUSPENDED = "account suspended"
        PASSWORD_CHANGED = "password changed"  # noqa: S105  a reason
        SIGNED_OUT_EVERYWHERE = "signed out everywhere"
        OPERATOR = "ended by an operator"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    refresh_id = models.UUIDField(default=uuid4, editable=False)
    #: The one before: see Note [Refreshes may be concurrent].
    previous_refresh_id = models.UUIDField(null=True, editable=False)
    #: By these its user recognizes it: the user agent and the address that it was opened from.
    user_agent = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=45, blank=True)
    created_at = models.DateTimeField()
    refreshed_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=32, choices=End.choices, blank=True)

    class Meta:
        """An end has a reason, and only an end has one."""

        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at=None, end_reason="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(end_reason="")),
                name="session_end_has_a_reason",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} since {self.created_at:%Y-%m-%d %H:%M}"

    def is_live(self, now: datetime) -> bool:
        """Whether it may still be used."""
        return self.ended_at is None and now < self.expires_at

    # Note [Refreshes may be concurrent]
    # A browser sends several requests at once with the same cookies, and they may reach several of the
    # frontend's processes. The second process then refreshes with a token that the first has just used. The
    # frontend, which signs the visitor's address, gets the tokens that the first got; from any other client
    # it is a reuse.
    def was_just_replaced(self, refresh_id: UUID, now: datetime) -> bool:
        """Whether this was the session's refresh token until a few seconds ago."""
        return refresh_id == self.previous_refresh_id and now - self.refreshed_at < CONCURRENT_REFRESH_WITHIN

    def rotate(self, *, now: datetime, lifetime: timedelta) -> None:
        """Replace the refresh token, and let the session expire after `lifetime` from now."""
        self.previous_refresh_id, self.refresh_id = self.refresh_id, uuid4()
        # The `iat` of access tokens: with a clock that is behind, it must not go back.
        self.refreshed_at = max(now, self.refreshed_at)
        self.expires_at = self.refreshed_at + lifetime


class QueuedEmail(models.Model):
    """An e-mail to be sent to an address, if it has an account; deleted once it is sent."""

    class Kind(models.TextChoices):
        """What the e-mail is for."""

        VERIFY = "verify"
        RESET = "reset"
        PASSWORD_CHANGED = "changed"  # noqa: S105  a kind of e-mail

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    email = models.EmailField(max_length=254)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
