"""The shared libraries serve any system: nothing in them names the marketplace or an example."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARIES = ("shared_events", "service_defaults")
#: Words of the systems' own.
SYSTEM_WORDS = re.compile(
    r"(?i:tickets?\b|\borders\b|\bpayments\b|\bbuyers?\b|\bsellers?\b|stripe|marketplace|secondrow)"
    r"|\b(?:order|payment)\.\w+ed\b|(?:Order|Ticket|Payment)[A-Z]"
    r"|(?i:\bblog\b|moderation)"
)


def texts() -> list[Path]:
    files = [path for library in LIBRARIES for path in (ROOT / library).rglob("*") if path.is_file()]
    return [path for path in files if "__pycache__" not in path.parts]


class TestNoLine:
    @pytest.mark.parametrize("path", texts(), ids=lambda path: str(path.relative_to(ROOT)))
    def test_names_the_marketplace_or_an_example(self, path: Path) -> None:
        assert [line for line in path.read_text().splitlines() if SYSTEM_WORDS.search(line)] == []


class TestSystemWords:
    @pytest.mark.parametrize(
        "line",
        [
            "from contracts.order import OrderCreated",
            "class TicketAlreadyReserved(BusinessRuleViolation):",
            "class PaymentRefused(DomainError):",
            "the seller's listing",
            "STRIPE_API_KEY",
            "order.cancelled",
            "examples/blog",
        ],
    )
    def test_finds_what_a_system_would_say(self, line: str) -> None:
        assert SYSTEM_WORDS.search(line)

    @pytest.mark.parametrize("line", ["in row order", ".order_by('id')", "class NotFound(DomainError):"])
    def test_takes_no_plain_word_for_a_systems_own(self, line: str) -> None:
        assert not SYSTEM_WORDS.search(line)
