"""The marketplace against all that people, banks, clocks and brokers can do to it; and without its guards."""

from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Marketplace
from tests.model.market import Market

#: An example ends early where nothing is left to do.
LEAST_STEPS_PER_EXAMPLE = 38
#: Examples of which one must find out that a guard is missing.
EXAMPLES = 100

#: Each guard, and what is found when it is gone.
GUARDS = {
    ("orders", "unique_index"): "live orders hold ticket|sold instead of TicketAlreadyReserved",
    ("orders", "status_check"): "had ended, and is now|one_live_order_per_ticket|after .*order.completed",
    ("payments", "order_lock"): "the end of a new payment's order was missed",
    ("payments", "attempt_key"): "CardNotAccepted instead of",
    ("payments", "webhook_memory"): "counted again",
}


@pytest.fixture
def unguarded(market: Market, guard: tuple[str, str]) -> Iterator[Market]:
    """A market of which one service lacks one guard."""
    market.begin_anew()
    market.remove_guard(*guard)
    yield market
    market.restore_guards()


class TestTheMarketplace:
    @pytest.mark.timeout(3600)
    def test_ends_every_purchase_in_exactly_one_way(self, market: Market) -> None:
        Marketplace.steps = 0
        run_state_machine_as_test(lambda: Marketplace(market), settings=settings())
        assert Marketplace.steps >= LEAST_STEPS_PER_EXAMPLE * settings().max_examples

    @pytest.mark.long
    @pytest.mark.timeout(300)
    @pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard[1])
    def test_goes_wrong_without_a_guard(self, unguarded: Market, guard: tuple[str, str]) -> None:
        with pytest.raises(AssertionError, match=GUARDS[guard]):
            run_state_machine_as_test(
                lambda: Marketplace(unguarded), settings=settings(max_examples=EXAMPLES)
            )
