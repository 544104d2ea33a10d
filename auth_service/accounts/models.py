"""State of accounts and sessions, with what must always hold as database constraints."""

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
"""In characters. What nobody types would only cost time to hash."""


class UserManager(BaseUserManager["User"]):
    """Finds accounts by their e-mail address in any case."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """The address as it is stored: without blanks around it, in lower case."""
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> "User":
        """The account of this address; raises `User.DoesNotExist`."""
        return self.get(email=self.normalize_email(username))


class User(AbstractBaseUser):
    """Somebody who buys, sells or operates. `version` grows by one with each recorded event."""

    class Status(models.TextChoices):
        """Whether the account may be used."""

        ACTIVE = "active"
        SUSPENDED = "suspended"

    class Role(models.TextChoices):
        """What an operator may do besides looking: `money` includes what `support` may."""

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
    #: Access tokens issued before no longer count; empty until its sessions are first ended together.
    not_before = models.DateTimeField(null=True, editable=False)
    email_verified_at = models.DateTimeField(null=True, editable=False)
    # A write per sign-in would lock the row for nothing: sessions say when somebody came.
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

    def __str__(self) -> str:
        return self.email

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """Django's word for an account that may be used."""
        return self.status == self.Status.ACTIVE

    @property
    def email_verified(self) -> bool:
        """Whether somebody has shown that the address is theirs. Nothing depends on it yet."""
        return self.email_verified_at is not None

    def verify_fingerprint(self) -> str:
        """Return a digest of the address and of when it was verified: a link to confirm it carries that."""
        state = "\n".join(("verify", self.email, str(self.email_verified_at)))
        return hashlib.sha256(state.encode()).hexdigest()[:24]

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        """What the admin asks: operators may view. Nobody changes an account in a form."""
        return self.is_active and self.is_staff and perm.partition(".")[2].startswith("view_")

    def has_module_perms(self, app_label: str) -> bool:
        """What the admin asks: every app is open to an operator's eyes."""
        return self.is_active and self.is_staff


class Session(models.Model):
    """One sign-in, from one client. Its refresh token is replaced at each use; an old one ends it."""

    class End(models.TextChoices):
        """Why a session ended before its time."""

        SIGNED_OUT = "signed out"
        TOKEN_REUSED = "refresh token used twice"  # noqa: S105  a reason
        SUSPENDED = "account suspended"
        PASSWORD_CHANGED = "password changed"  # noqa: S105  a reason
        SIGNED_OUT_EVERYWHERE = "signed out everywhere"
        OPERATOR = "ended by an operator"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    refresh_id = models.UUIDField(default=uuid4, editable=False)
    #: The one before: see Note [A refresh may race its twin].
    previous_refresh_id = models.UUIDField(null=True, editable=False)
    #: What its user may know it by: the user agent and the address that it was opened from.
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

    # Note [A refresh may race its twin]
    # A browser asks for several things at once, each with the same cookies, and they may reach several of the
    # frontend's processes. The second of them shows a token that the first used a moment ago. Where the
    # frontend vouches for it, it is given what the first was given; from anybody else it is a reuse.
    def was_refreshed_just_now(self, refresh_id: UUID, now: datetime) -> bool:
        """Whether this was the session's refresh token until a few seconds ago."""
        return refresh_id == self.previous_refresh_id and now - self.refreshed_at < CONCURRENT_REFRESH_WITHIN

    def rotate(self, *, now: datetime, lasts: timedelta) -> None:
        """Make every refresh token given out so far a used one, and last from now on."""
        self.previous_refresh_id, self.refresh_id = self.refresh_id, uuid4()
        # Access tokens are dated by it, and a clock that is behind must not date one before another.
        self.refreshed_at = max(now, self.refreshed_at)
        self.expires_at = self.refreshed_at + lasts


class QueuedEmail(models.Model):
    """Something to be sent to an address, if it has an account; gone once it is sent."""

    class Kind(models.TextChoices):
        """What it is about."""

        VERIFY = "verify"
        RESET = "reset"
        PASSWORD_CHANGED = "changed"  # noqa: S105  a kind of email

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    email = models.EmailField(max_length=254)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
