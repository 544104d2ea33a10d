"""The fake marketplace's accounts: users, sessions and their routes."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from frontend_service.tests.fake_answers import Problem, cookies, new_id, timestamp, with_cookies

Json = dict[str, Any]
_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"


@dataclass
class Accounts:
    """The routes under `/api/users`."""

    origin: str = "http://testserver"
    access_seconds: int = 300
    users: dict[str, Json] = field(default_factory=dict)
    sessions: dict[str, Json] = field(default_factory=dict)
    #: Each one's session.
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    used_refresh_tokens: set[str] = field(default_factory=set)

    # State changes without a request

    def add_user(self, email: str = "ada@example.com", password: str = "correct horse") -> str:
        user_id = new_id()
        self.users[email] = {"id": user_id, "email": email, "password": password}
        return user_id

    def add_session(
        self, user_id: str, *, user_agent: str = _FIREFOX, address: str = "192.0.2.7", hours_ago: float = 0
    ) -> Json:
        used = datetime.now(UTC) - timedelta(hours=hours_ago)
        session = {
            "id": new_id(),
            "userId": user_id,
            "createdAt": timestamp(used - timedelta(days=3)),
            "refreshedAt": timestamp(used),
            "program": user_agent,
            "address": address,
        }
        self.sessions[session["id"]] = session
        return session

    def tokens_for(self, user_id: str, *, lasts: int | None = None) -> dict[str, str]:
        """Sign a user in; returns the browser's cookies."""
        return self._tokens_of(self.add_session(user_id), lasts=lasts)

    def _tokens_of(self, session: Json, *, lasts: int | None = None) -> dict[str, str]:
        expires = int(time.time()) + (self.access_seconds if lasts is None else lasts)
        claims = {"sub": session["userId"], "sid": session["id"], "exp": expires}
        claims["staff"] = self._public(session["userId"])["isStaff"]
        payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        refresh = uuid4().hex
        self.refresh_tokens[refresh] = session["id"]
        return {"access_token": f"e30.{payload}.{uuid4().hex}", "refresh_token": refresh}

    # HTTP

    def _users(self, request: httpx.Request, rest: list[str], body: Json) -> httpx.Response:
        public: dict[str, Callable[[], httpx.Response]] = {
            "POST signup": lambda: self._sign_up(body),
            "POST signin": lambda: self._sign_in(body),
            "POST signout": lambda: self._sign_out(request),
            "POST refresh": lambda: self._refresh(request),
            "GET currentuser": lambda: self._current_user(request),
            "POST password/forgot": lambda: httpx.Response(202, json={}),
        }
        answer = public.get(f"{request.method} {'/'.join(rest)}")
        return answer() if answer else self._own_account(request, rest, body)

    def _own_account(self, request: httpx.Request, rest: list[str], body: Json) -> httpx.Response:
        visitor = self._signed_in(request)
        own = [session for session in self.sessions.values() if session["userId"] == visitor]
        match request.method, rest:
            case "GET", ["sessions"]:
                return httpx.Response(200, json=self._shown(own, current=self._claims(request)["sid"]))
            case "DELETE", ["sessions"]:
                for session in own:
                    self._end(session["id"])
                return _without_cookies(204)
            case "DELETE", ["sessions", session_id]:
                if session_id not in [session["id"] for session in own]:
                    raise Problem(404, "session-not-found", "You have no such session")
                self._end(session_id)
                return httpx.Response(204)
            case "POST", ["password"]:
                return self._change_password(visitor, own, body)
            case "POST", ["email", "verification"]:
                return httpx.Response(202, json={})
        raise Problem(404, "not-found", "Not found")

    def _shown(self, sessions: list[Json], *, current: str) -> list[Json]:
        latest_first = sorted(sessions, key=lambda session: session["refreshedAt"], reverse=True)
        return [
            {name: session[name] for name in session if name != "userId"}
            | {"current": session["id"] == current}
            for session in latest_first
        ]

    def _change_password(self, visitor: str, sessions: list[Json], body: Json) -> httpx.Response:
        user = self._user(visitor)
        if user["password"] != body["currentPassword"]:
            reason = "This isn't your password"
            raise Problem(400, "wrong-password", reason, name="currentPassword")
        user["password"] = body["password"]
        for session in sessions:
            self._end(session["id"])
        return with_cookies({}, dict(self.tokens_for(visitor)))

    def _end(self, session_id: str) -> None:
        self.sessions.pop(session_id, None)
        self.refresh_tokens = {t: sid for t, sid in self.refresh_tokens.items() if sid != session_id}

    def _sign_up(self, body: Json) -> httpx.Response:
        if body["email"] in self.users:
            raise Problem(400, "email-in-use", "Email in use", name="email")
        if len(body["password"]) < 8:
            raise Problem(400, "invalid", "This password is too short.", name="password")
        return self._tokens_response(self.add_user(body["email"], body["password"]), 201)

    def _sign_in(self, body: Json) -> httpx.Response:
        user = self.users.get(body["email"])
        if not user or user["password"] != body["password"]:
            raise Problem(400, "invalid-credentials", "Invalid credentials")
        return self._tokens_response(user["id"])

    def _sign_out(self, request: httpx.Request) -> httpx.Response:
        self._end(self.refresh_tokens.get(cookies(request).get("refresh_token", ""), ""))
        return _without_cookies()

    def _current_user(self, request: httpx.Request) -> httpx.Response:
        user_id = self._visitor(request)
        return httpx.Response(200, json={"currentUser": self._public(user_id) if user_id else None})

    def _tokens_response(self, user_id: str, status: int = 200) -> httpx.Response:
        return with_cookies(self._public(user_id), dict(self.tokens_for(user_id)), status)

    def _refresh(self, request: httpx.Request) -> httpx.Response:
        self._need_same_origin(request)
        token = cookies(request).get("refresh_token", "")
        if token in self.used_refresh_tokens:
            self.refresh_tokens.clear()
        session = self.sessions.get(self.refresh_tokens.pop(token, ""))
        if session is None:
            raise Problem(401, "invalid-token", "The refresh token is not valid.")
        self.used_refresh_tokens.add(token)
        return with_cookies(self._public(session["userId"]), dict(self._tokens_of(session)))

    def _user(self, user_id: str) -> Json:
        return next(user for user in self.users.values() if user["id"] == user_id)

    def _public(self, user_id: str) -> Json:
        user = self._user(user_id)
        more = {name: user.get(name, False) for name in ("isStaff", "emailVerified")}
        return {"id": user["id"], "email": user["email"]} | more

    def _claims(self, request: httpx.Request) -> Json:
        """The claims of the request's access token; empty where it is invalid."""
        token = cookies(request).get("access_token", "")
        try:
            payload = token.split(".")[1]
            claims: Json = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (IndexError, ValueError):
            return {}
        return claims if claims["exp"] > time.time() and claims["sid"] in self.sessions else {}

    def _visitor(self, request: httpx.Request) -> str | None:
        return self._claims(request).get("sub")

    def _signed_in(self, request: httpx.Request) -> str:
        visitor = self._visitor(request)
        if visitor is None:
            raise Problem(401, "not-authenticated", "Sign in first.")
        if request.method != "GET":
            self._need_same_origin(request)
        return visitor

    def _need_same_origin(self, request: httpx.Request) -> None:
        if (
            self.origin != request.headers.get("origin")
            and request.headers.get("sec-fetch-site") != "same-origin"
        ):
            raise Problem(403, "cross-site-write", "A write by cookie must come from this site's own pages")


def _without_cookies(status: int = 200) -> httpx.Response:
    return with_cookies({}, {"access_token": None, "refresh_token": None}, status)
