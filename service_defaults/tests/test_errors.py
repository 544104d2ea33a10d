import pickle

import pytest

from service_defaults import errors


class SeatAlreadyTaken(errors.BusinessRuleViolation):
    """Seat is already taken."""


class HTTPRefusedByIPv4(errors.BusinessRuleViolation):
    """An initialism

    and further lines that are not part of the message.
    """

    field = "address"


class WithoutDocstring(errors.BusinessRuleViolation):
    __doc__ = None


class TestADomainError:
    @pytest.mark.parametrize(
        ("error", "slug"),
        [
            (SeatAlreadyTaken, "seat-already-taken"),
            (HTTPRefusedByIPv4, "http-refused-by-i-pv4"),
            (errors.PreconditionFailed, "precondition-failed"),
        ],
    )
    def test_has_its_name_as_slug(self, error: type[errors.DomainError], slug: str) -> None:
        assert error.slug() == slug

    def test_has_the_first_line_of_its_docstring_as_message(self) -> None:
        assert SeatAlreadyTaken().message == "Seat is already taken"
        assert str(HTTPRefusedByIPv4()) == "An initialism"

    def test_without_a_docstring_has_the_message_of_its_kind(self) -> None:
        assert WithoutDocstring().message == "A rule of the domain forbids it"

    def test_can_have_another_message_and_field(self) -> None:
        error = HTTPRefusedByIPv4("Not from there", field="from")
        assert (error.message, error.field) == ("Not from there", "from")
        assert HTTPRefusedByIPv4().field == "address"
        assert SeatAlreadyTaken().field is None

    def test_can_be_pickled(self) -> None:
        error = pickle.loads(pickle.dumps(HTTPRefusedByIPv4("Not from there", field="from")))
        assert (error.message, error.field) == ("Not from there", "from")
