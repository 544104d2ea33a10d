import pytest
from django.test import RequestFactory

from service_defaults import visitors
from service_defaults.middleware import visitor_address


def _address(remote: str = "10.0.0.1", **headers: str) -> str:
    request = RequestFactory().get(
        "/", REMOTE_ADDR=remote, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    return visitors.address_of(request)


class TestTheVisitorsAddress:
    @pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8::1"])
    def test_is_the_one_that_the_frontend_vouches_for(self, address: str) -> None:
        assert _address(X_Visitor_Address=visitors.sign(address), X_Forwarded_For="10.0.0.2") == address

    @pytest.mark.parametrize(
        "header",
        [
            "203.0.113.9",
            "203.0.113.9 ",
            "203.0.113.9 " + "0" * 64,
            "203.0.113.9 é",
            " " + visitors.__name__,
            "",
        ],
    )
    def test_is_not_taken_from_who_cannot_sign(self, header: str) -> None:
        assert _address(X_Visitor_Address=header) == "10.0.0.1"

    def test_is_not_taken_from_a_signature_of_another_address(self) -> None:
        signature = visitors.sign("203.0.113.9").partition(" ")[2]
        assert _address(X_Visitor_Address=f"203.0.113.10 {signature}") == "10.0.0.1"

    def test_is_not_taken_from_a_signature_by_another_key(self, settings) -> None:
        header = visitors.sign("203.0.113.9")
        settings.VISITOR_KEY = "another key" * 4
        assert _address(X_Visitor_Address=header) == "10.0.0.1"

    def test_is_no_text_that_is_none_even_when_signed(self) -> None:
        assert _address(X_Visitor_Address=visitors.sign("localhost")) == "10.0.0.1"

    def test_is_else_what_our_own_ingress_added_last(self) -> None:
        assert _address(X_Forwarded_For="1.1.1.1, 203.0.113.9") == "203.0.113.9"
        assert _address(X_Forwarded_For="203.0.113.9") == "203.0.113.9"

    @pytest.mark.parametrize("header", ["", "unknown", "203.0.113.9, nonsense", ","])
    def test_is_else_who_connects(self, header: str) -> None:
        assert _address(X_Forwarded_For=header) == "10.0.0.1"
        assert _address() == "10.0.0.1"

    def test_stands_on_the_request(self) -> None:
        seen = []
        visitor_address(lambda request: seen.append(request.visitor_address))(
            RequestFactory().get("/", headers={"X-Visitor-Address": visitors.sign("203.0.113.9")})
        )
        assert seen == ["203.0.113.9"]
