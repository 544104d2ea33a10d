import pytest
from django.test import RequestFactory

from service_defaults import client_ip
from service_defaults.middleware import set_client_ip


def _address(remote: str = "10.0.0.1", **headers: str) -> str:
    request = RequestFactory().get(
        "/", REMOTE_ADDR=remote, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    return client_ip.address_of(request)


class TestTheVisitorsAddress:
    @pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8::1"])
    def test_is_the_one_that_the_frontend_has_signed(self, address: str) -> None:
        assert _address(X_Visitor_Address=client_ip.sign(address), X_Forwarded_For="10.0.0.2") == address

    @pytest.mark.parametrize(
        "header",
        [
            "203.0.113.9",
            "203.0.113.9 ",
            "203.0.113.9 " + "0" * 64,
            "203.0.113.9 é",
            " " + client_ip.__name__,
            "",
        ],
    )
    def test_is_not_taken_from_an_invalid_signature(self, header: str) -> None:
        assert _address(X_Visitor_Address=header) == "10.0.0.1"

    def test_is_not_taken_from_a_signature_of_another_address(self) -> None:
        signature = client_ip.sign("203.0.113.9").partition(" ")[2]
        assert _address(X_Visitor_Address=f"203.0.113.10 {signature}") == "10.0.0.1"

    def test_is_not_taken_from_a_signature_by_another_key(self, settings) -> None:
        header = client_ip.sign("203.0.113.9")
        settings.CLIENT_IP_SIGNING_KEY = "another key" * 4
        assert _address(X_Visitor_Address=header) == "10.0.0.1"

    def test_is_not_taken_from_a_signed_text_that_is_no_address(self) -> None:
        assert _address(X_Visitor_Address=client_ip.sign("localhost")) == "10.0.0.1"

    def test_is_otherwise_what_our_own_ingress_added_last(self) -> None:
        assert _address(X_Forwarded_For="1.1.1.1, 203.0.113.9") == "203.0.113.9"
        assert _address(X_Forwarded_For="203.0.113.9") == "203.0.113.9"

    @pytest.mark.parametrize("header", ["", "unknown", "203.0.113.9, nonsense", ","])
    def test_is_otherwise_the_peers(self, header: str) -> None:
        assert _address(X_Forwarded_For=header) == "10.0.0.1"
        assert _address() == "10.0.0.1"

    def test_is_an_attribute_of_the_request(self) -> None:
        seen = []
        set_client_ip(lambda request: seen.append(request.client_ip))(
            RequestFactory().get("/", headers={"X-Visitor-Address": client_ip.sign("203.0.113.9")})
        )
        assert seen == ["203.0.113.9"]
