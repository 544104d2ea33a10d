from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from contracts.order_export import ExportedOrder
from contracts.ticket import TicketReleased
from shared_events.ids import uuid7
from shared_events.models import Cursor
from shared_events.testing import nothing_recorded, recorded_events
from tests.exporting import POSITION, exported, write_export
from tickets_service.tests.factories import TicketFactory
from tickets_service.tickets.models import POSITION_UNKNOWN, Ticket

pytestmark = pytest.mark.django_db


def held(order: UUID, **details: Any) -> Ticket:
    ticket: Ticket = TicketFactory(order_id=order, order_position=5, **details)
    return ticket


def of(ticket: Ticket, status: str = "created", **details: Any) -> ExportedOrder:
    """The order that the ticket is held by, as orders has it."""
    assert ticket.order_id
    return exported(ticket.order_id, status, ticket_id=ticket.id, **details)


def reconcile(file: Path, *options: str) -> tuple[list[str], int]:
    said, code = StringIO(), 0
    try:
        call_command("reconcile", f"--orders={file}", *options, stdout=said)
    except CommandError as error:
        code = error.returncode
    lines = said.getvalue().splitlines()
    return [line for line in lines if line.startswith(("ticket ", "order "))], code


class TestReconcile:
    def test_finds_nothing_where_both_agree(self, tmp_path: Path) -> None:
        unpaid, paid = held(uuid7()), held(uuid7(), sold=True)
        TicketFactory()
        orders = [of(unpaid), of(paid, "complete", payment_id=uuid7()), exported(uuid7(), "cancelled")]
        with nothing_recorded():
            assert reconcile(write_export(tmp_path, orders)) == ([], 0)

    def test_finds_a_ticket_that_is_held_for_an_order_that_is_lost(self, tmp_path: Path) -> None:
        ticket = held(uuid7())
        [difference], code = reconcile(write_export(tmp_path))
        assert code == 1
        assert difference.startswith(f"ticket {ticket.id}: it is held for order {ticket.order_id}")
        assert "orders doesn't have" in difference
        assert "--end-lost" in difference

    def test_finds_a_ticket_that_a_cancelled_order_still_holds(self, tmp_path: Path) -> None:
        ticket = held(uuid7(), sold=True)
        [difference], _ = reconcile(write_export(tmp_path, [of(ticket, "cancelled")]))
        assert f"ticket {ticket.id}: it is sold to order {ticket.order_id}, which is cancelled" in difference
        assert "--end-lost" in difference

    def test_finds_a_paid_ticket_that_is_not_marked_as_sold(self, tmp_path: Path) -> None:
        ticket = held(uuid7())
        [difference], _ = reconcile(write_export(tmp_path, [of(ticket, "complete", payment_id=uuid7())]))
        assert f"ticket {ticket.id}: it is held, and its order {ticket.order_id} is complete" in difference

    def test_finds_a_live_order_whose_ticket_is_free_or_held_by_another(self, tmp_path: Path) -> None:
        free, other = TicketFactory(), held(uuid7())
        payment = uuid7()
        orders = [
            exported(uuid7(), ticket_id=free.id),
            exported(uuid7(), "complete", ticket_id=other.id, payment_id=payment),
            of(other),
        ]
        found, _ = reconcile(write_export(tmp_path, orders))
        assert len(found) == 2
        assert f"order {orders[0].id}: its ticket {free.id} is free" in found[0]
        assert "end the hold" in found[0]
        assert f"order {orders[1].id}: its ticket {other.id} is held for order {other.order_id}" in found[1]
        assert f"refund payment {payment}" in found[1]

    def test_finds_an_order_of_a_ticket_that_does_not_exist(self, tmp_path: Path) -> None:
        order = exported(uuid7())
        [difference], _ = reconcile(write_export(tmp_path, [order]))
        assert f"order {order.id}: its ticket {order.ticket_id} isn't here" in difference

    def test_leaves_alone_what_moved_since_the_export(self, tmp_path: Path) -> None:
        newer = TicketFactory(order_id=uuid7(), order_position=POSITION + 1)
        freed = TicketFactory(order_position=POSITION + 1)
        file = write_export(tmp_path, [exported(uuid7(), ticket_id=freed.id)])
        assert reconcile(file) == ([], 0)
        Ticket.objects.filter(id=newer.id).update(order_position=POSITION_UNKNOWN)
        assert reconcile(file)[1] == 1

    def test_leaves_alone_what_orders_has_not_published_yet(self, tmp_path: Path) -> None:
        file = write_export(tmp_path, [exported(uuid7(), ticket_id=TicketFactory().id, is_published=False)])
        assert reconcile(file) == ([], 0)

    def test_leaves_alone_what_is_older_than_the_export_goes_back(self, tmp_path: Path) -> None:
        held(UUID(int=1))
        assert reconcile(write_export(tmp_path, first_id=uuid7())) == ([], 0)

    def test_compares_nothing_before_the_stream_is_read_that_far(self, tmp_path: Path) -> None:
        held(uuid7())
        file = write_export(tmp_path)
        Cursor.objects.update(position=POSITION - 1)
        assert reconcile(file) == ([], 2)

    def test_compares_nothing_while_the_stream_is_halted(self, tmp_path: Path) -> None:
        file = write_export(tmp_path)
        Cursor.objects.update(halted_at="2026-01-01T00:00Z", halt_reason="Another log")
        with pytest.raises(CommandError, match="order is halted: Another log") as refused:
            call_command("reconcile", f"--orders={file}")
        assert refused.value.returncode == 2

    @pytest.mark.parametrize("lines", [0, 1, 2])
    def test_believes_no_export_that_was_cut_off(self, tmp_path: Path, lines: int) -> None:
        ticket = held(uuid7())
        file = write_export(tmp_path, [of(ticket)])
        file.write_text("".join(file.read_text().splitlines(keepends=True)[:lines]))
        with pytest.raises(CommandError, match=r"cut off|Line 1|Line 2|none") as refused:
            call_command("reconcile", f"--orders={file}")
        assert refused.value.returncode == 2

    def test_ends_nothing_by_an_export_that_was_cut_off(self, tmp_path: Path) -> None:
        tickets = [held(uuid7()) for _ in range(3)]
        file = write_export(tmp_path, [of(ticket) for ticket in tickets])
        text = file.read_text().splitlines(keepends=True)
        file.write_text("".join(text[:2] + text[3:]))
        with pytest.raises(CommandError, match="says otherwise"), nothing_recorded():
            call_command("reconcile", f"--orders={file}", "--end-lost")
        assert Ticket.objects.filter(order_id=None).count() == 0


class TestEndLost:
    def test_frees_tickets_that_no_live_order_holds(self, tmp_path: Path) -> None:
        lost, ended, fine = held(uuid7(), sold=True), held(uuid7()), held(uuid7())
        file = write_export(tmp_path, [of(ended, "cancelled"), of(fine)])
        said, code = reconcile(file, "--end-lost")
        assert code == 0
        assert [line for line in said if line.endswith("it is free again")] == said
        assert len(said) == 2
        assert set(Ticket.objects.filter(order_id=None, sold=False)) == {lost, ended}
        assert [type(event) for event in recorded_events()] == [TicketReleased, TicketReleased]
        with nothing_recorded():
            assert reconcile(file, "--end-lost") == ([], 0)

    def test_leaves_to_a_person_what_it_does_not_understand(self, tmp_path: Path) -> None:
        ticket = held(uuid7())
        found, code = reconcile(write_export(tmp_path, [of(ticket, "complete")]), "--end-lost")
        assert (len(found), code) == (1, 1)
