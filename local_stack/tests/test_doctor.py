"""What the doctor makes of a service's backlog."""

from typing import Any

import pytest

from local_stack import doctor
from local_stack.services import MARKETPLACE

FINE: dict[str, Any] = {
    "unpublished": 0, "unsent": 0, "dead_letters": 0, "halted": 0, "skipped": 0, "behind": 0,
    "relay_away": None, "queues": {},
}  # fmt: skip


class TestABacklog:
    def test_is_fine_when_it_is_empty(self) -> None:
        assert list(doctor._backlog(MARKETPLACE, "orders", FINE)) == []

    @pytest.mark.parametrize(
        ("what", "command"),
        [
            ("dead_letters", "dead_letters --redrive all"),
            ("halted", "resume_stream --help"),
            ("skipped", "skipped_events"),
        ],
    )
    def test_is_not_fine_while_a_person_has_to_decide(self, what: str, command: str) -> None:
        [finding] = doctor._backlog(MARKETPLACE, "orders", FINE | {what: 2})
        assert "2" in finding.what
        assert finding.mend == f"./manage_all.py manage orders {command}"
