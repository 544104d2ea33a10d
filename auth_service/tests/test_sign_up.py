import threading
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from auth_service.accounts import operations
from auth_service.accounts.models import Session, User
from auth_service.tests.factories import PASSWORD, UserFactory, password_hash
from contracts.user import UserSignedUp
from shared_events.models import LoggedEvent
from shared_events.testing import nothing_recorded, recorded_events
from shared_events.transactions import TransactionRequired

NEWCOMER = {"email": "new@example.com", "password": PASSWORD}


def _messages(answer: Any) -> list[tuple[str, str]]:
    return [(error["field"], error["message"]) for error in answer.json()["errors"]]


@pytest.mark.django_db
class TestSignUp:
    def test_creates_an_account_and_signs_it_in(self, api: APIClient) -> None:
        answer = api.post("/api/users/signup", NEWCOMER)
        assert answer.status_code == 201
        user = User.objects.get()
        assert answer.json() == {"id": str(user.id), "email": "new@example.com"}
        assert (user.status, user.is_staff, user.version) == ("active", False, 1)
        assert Session.objects.get().user == user
        assert api.get("/api/users/currentuser").json()["currentUser"]["id"] == str(user.id)

    def test_records_the_event_without_the_address(self, api: APIClient) -> None:
        api.post("/api/users/signup", NEWCOMER, headers={"X-Request-Id": "from-a-test"})
        assert recorded_events() == [UserSignedUp(status="active")]
        row = LoggedEvent.objects.get()
        assert (row.aggregate_id, row.version) == (User.objects.get().id, 1)
        assert row.correlation_id == "from-a-test"
        assert "example.com" not in str(row.data)

    def test_stores_the_password_as_argon2id(self, api: APIClient) -> None:
        api.post("/api/users/signup", NEWCOMER)
        assert User.objects.get().password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")

    def test_stores_the_address_in_lower_case_and_without_blanks(self, api: APIClient) -> None:
        answer = api.post("/api/users/signup", NEWCOMER | {"email": "  New@Example.COM "})
        assert answer.json()["email"] == "new@example.com"

    @pytest.mark.parametrize("email", ["taken@example.com", "Taken@EXAMPLE.com"])
    def test_refuses_an_address_in_use_in_any_case(self, api: APIClient, email: str) -> None:
        UserFactory(email="taken@example.com")
        with nothing_recorded():
            answer = api.post("/api/users/signup", NEWCOMER | {"email": email})
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["errors"] == [
            {"message": "Email in use", "code": "email-in-use", "field": "email"}
        ]
        assert not answer.cookies
        assert not Session.objects.exists()

    @pytest.mark.parametrize(
        "email",
        [
            "",
            " ",
            "no-address",
            "@example.com",
            "a@",
            "a b@example.com",
            "a@b@example.com",
            f"{'a' * 250}@example.com",
            f"{'a' * 400}@example.com",
            "new\x00@example.com",
        ],
    )
    def test_refuses_an_invalid_address(self, api: APIClient, email: str) -> None:
        answer = api.post("/api/users/signup", NEWCOMER | {"email": email})
        assert answer.status_code == 400
        assert _messages(answer) == [("email", "Email must be valid")]

    @pytest.mark.parametrize("email", [None, 12, True, [], ["new@example.com"], {"a": 1}])
    def test_refuses_an_address_that_is_no_text(self, api: APIClient, email: Any) -> None:
        answer = api.post("/api/users/signup", NEWCOMER | {"email": email})
        assert (answer.status_code, _messages(answer)) == (400, [("email", "Email must be valid")])

    @pytest.mark.parametrize("missing", ["email", "password"])
    def test_needs_both(self, api: APIClient, missing: str) -> None:
        body = {name: value for name, value in NEWCOMER.items() if name != missing}
        answer = api.post("/api/users/signup", body)
        words = {"email": "Email must be valid", "password": "Password is required"}
        assert (answer.status_code, _messages(answer)) == (400, [(missing, words[missing])])

    @pytest.mark.parametrize(
        ("password", "reasons"),
        [
            ("", ["Password is required"]),
            (None, ["Password is required"]),
            ([], ["Password must be text"]),
            (True, ["Password must be text"]),
            (1.5e-07, ["Password must be text"]),
            (123456789012, ["Password must be text"]),
            ("x" * 257, ["Password must have at most 256 characters"]),
            ("new@example.com", ["The password is too similar to the email."]),
            ("k3Vw", ["This password is too short. It must contain at least 8 characters."]),
            ("84719650283", ["This password is entirely numeric."]),
            (
                "1234",
                [
                    "This password is too short. It must contain at least 8 characters.",
                    "This password is too common.",
                    "This password is entirely numeric.",
                ],
            ),
        ],
    )
    def test_lists_every_error_of_a_password(self, api: APIClient, password: Any, reasons: list[str]) -> None:
        answer = api.post("/api/users/signup", NEWCOMER | {"password": password})
        assert answer.status_code == 400
        assert _messages(answer) == [("password", reason) for reason in reasons]
        assert not User.objects.exists()

    @pytest.mark.parametrize("password", ["  seven bottles  ", "ключ от всех дверей", "🗝️" * 8])
    def test_accepts_a_password_as_it_was_typed(self, api: APIClient, password: str) -> None:
        body = NEWCOMER | {"password": password}
        assert api.post("/api/users/signup", body).status_code == 201
        assert api.post("/api/users/signin", body).status_code == 200
        assert (
            api.post("/api/users/signin", NEWCOMER | {"password": password.strip() + "x"}).status_code == 400
        )

    def test_ignores_fields_that_only_the_server_sets(self, api: APIClient) -> None:
        fields = {"is_staff": True, "isStaff": True, "status": "suspended", "version": 7, "id": "x"}
        assert api.post("/api/users/signup", NEWCOMER | fields).status_code == 201
        user = User.objects.get()
        assert (user.is_staff, user.status, user.version) == (False, "active", 1)

    def test_refuses_a_form_that_another_site_could_send(self, api: APIClient) -> None:
        answer = api.post(
            "/api/users/signup", "email=a%40example.com", content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code == 415


@pytest.mark.django_db(transaction=True)
class TestTheAccountAndItsEvent:
    def test_are_written_by_one_transaction(self, api: APIClient) -> None:
        api.post("/api/users/signup", NEWCOMER)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT xmin::text FROM accounts_user), (SELECT xmin::text FROM accounts_session),"
                f" (SELECT xmin::text FROM {LoggedEvent._meta.db_table})"
            )
            assert len(set(cursor.fetchone())) == 1

    def test_are_undone_together(self) -> None:
        with transaction.atomic():
            operations.sign_up(email="new@example.com", password_hash=password_hash(), now=timezone.now())
            assert len(recorded_events()) == 1
            transaction.set_rollback(True)
        assert not User.objects.exists()
        assert recorded_events() == []

    def test_are_not_written_outside_of_a_transaction(self) -> None:
        with pytest.raises(TransactionRequired):
            operations.sign_up(email="new@example.com", password_hash=password_hash(), now=timezone.now())
        assert recorded_events() == []


def _sign_up_concurrently(newcomers: int) -> list[tuple[int, str]]:
    outcomes: list[tuple[int, str]] = []
    start = threading.Barrier(newcomers)

    def sign_up(number: int) -> None:
        client = APIClient()
        email = "New@example.com" if number % 2 else "new@example.com"
        start.wait()
        try:
            answer = client.post("/api/users/signup", NEWCOMER | {"email": email})
            outcomes.append((answer.status_code, answer.json().get("detail", "")))
        finally:
            connection.close()

    threads = [threading.Thread(target=sign_up, args=(number,)) for number in range(newcomers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


@pytest.mark.django_db(transaction=True)
class TestConcurrentSignUps:
    def test_with_one_address_create_one_account(self) -> None:
        assert _sign_up_concurrently(4) == [(201, "")] + [(400, "Email in use")] * 3
        assert (User.objects.count(), Session.objects.count(), len(recorded_events())) == (1, 1, 1)

    def test_would_create_several_without_the_unique_index(self) -> None:
        """The negative control: the index is what decides."""
        unique = User._meta.get_field("email")
        free = type(unique)(max_length=254)
        free.set_attributes_from_name("email")
        free.model = User
        with connection.schema_editor() as editor:
            editor.alter_field(User, unique, free)
        try:
            outcomes = _sign_up_concurrently(4)
        finally:
            User.objects.all().delete()
            with connection.schema_editor() as editor:
                editor.alter_field(User, free, unique)
        assert outcomes == [(201, "")] * 4


class TestTheCookiesOfABrowser:
    @pytest.mark.django_db
    @pytest.mark.parametrize("https", [False, True])
    @pytest.mark.parametrize(
        ("name", "lasts"),
        [("access_token", "AUTH_ACCESS_SECONDS"), ("refresh_token", "AUTH_REFRESH_SECONDS")],
    )
    def test_are_out_of_reach_of_scripts_and_other_sites(
        self, api: APIClient, settings: Any, name: str, lasts: str, https: bool
    ) -> None:
        settings.SESSION_COOKIE_SECURE = https
        cookie = api.post("/api/users/signup", NEWCOMER).cookies[name]
        assert cookie["httponly"] is True
        assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "")
        assert cookie["max-age"] == getattr(settings, lasts)
        assert bool(cookie["secure"]) is https

    @pytest.mark.parametrize(
        ("origin", "secure"), [("http://localhost:8080", False), ("https://a.example", True)]
    )
    def test_are_secure_where_the_public_origin_is_https(
        self, monkeypatch: pytest.MonkeyPatch, origin: str, secure: bool
    ) -> None:
        import importlib
        import runpy

        monkeypatch.setenv("DJANGO_PUBLIC_ORIGIN", origin)
        source = importlib.import_module(settings.SETTINGS_MODULE).__file__
        assert runpy.run_path(str(source))["SESSION_COOKIE_SECURE"] is secure
