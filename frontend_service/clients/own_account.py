"""The visitor's own account at the APIs: sessions, password, address.

Every method raises the errors of `frontend_service.clients.errors`, and nothing else.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from frontend_service.clients.errors import Unavailable
from frontend_service.clients.gateway import WRITE, Gateway
from frontend_service.clients.schemas import Json


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session of the visitor; `current` is this browser's."""

    id: UUID
    created_at: datetime
    refreshed_at: datetime
    user_agent: str
    address: str
    current: bool

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Parse the users API's session."""
        return cls(
            id=UUID(data["id"]),
            created_at=datetime.fromisoformat(data["createdAt"]),
            refreshed_at=datetime.fromisoformat(data["refreshedAt"]),
            user_agent=str(data.get("program") or ""),
            address=str(data.get("address") or ""),
            current=data.get("current") is True,
        )


class OwnAccount:
    """The account routes of the API."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    def email_is_verified(self) -> bool:
        """Whether the visitor has confirmed their address."""
        user = self._get("/api/users/currentuser").get("currentUser") or {}
        return user.get("emailVerified") is True

    def list_sessions(self) -> list[Session]:
        """The visitor's sessions, the last used first."""
        try:
            return [Session.from_json(item) for item in self._get("/api/users/sessions")]
        except (KeyError, TypeError, ValueError) as error:
            raise Unavailable(service="users") from error

    def end_session(self, session_id: UUID) -> None:
        """End one session."""
        self.gateway.send("DELETE", f"/api/users/sessions/{session_id}", timeout=WRITE)

    def sign_out_everywhere(self) -> None:
        """End every session, including this browser's."""
        self.gateway.send("DELETE", "/api/users/sessions", timeout=WRITE)

    def change_password(self, *, current_password: str, password: str) -> None:
        """Change the password; every other session ends, and this browser gets a new one."""
        self._post("/api/users/password", {"currentPassword": current_password, "password": password})

    def forgot_password(self, *, email: str) -> None:
        """Have a link to set a new password sent, if there is such an account."""
        self._post("/api/users/password/forgot", {"email": email})

    def reset_password(self, *, token: str, password: str) -> None:
        """Set a new password with the link's token."""
        self._post("/api/users/password/reset", {"token": token, "password": password})

    def send_verification(self) -> None:
        """Have the confirmation e-mail sent again."""
        self._post("/api/users/email/verification", {})

    def verify_email(self, *, token: str) -> None:
        """Confirm the address with the link's token."""
        self._post("/api/users/email/verify", {"token": token})

    def _get(self, path: str) -> Any:
        try:
            return self.gateway.send("GET", path).json()
        except ValueError as error:
            raise Unavailable(service="users") from error

    def _post(self, path: str, body: Json) -> None:
        self.gateway.send("POST", path, json=body, timeout=WRITE)
