"""What orders keeps of the listings, which tickets owns.

Each write needs a transaction opened by its caller.
"""

from operator import attrgetter
from uuid import UUID

from django.db import connection

from orders_service.orders.models import TicketReplica

_TICKET_COLUMNS = ("id", "seller_id", "title", "price", "currency", "version", "withdrawn")
#: Django's upsert has no condition: ten thousand listings may change at once, in one statement.
_UPSERT_TICKETS = """
    INSERT INTO orders_ticketreplica AS kept (id, seller_id, title, price, currency, version, withdrawn)
    SELECT * FROM unnest(
        %s::uuid[], %s::uuid[], %s::text[], %s::numeric[], %s::text[], %s::int[], %s::boolean[]
    )
    ON CONFLICT (id) DO UPDATE
    SET seller_id = excluded.seller_id, title = excluded.title, price = excluded.price,
        currency = excluded.currency, version = excluded.version, withdrawn = excluded.withdrawn
    WHERE kept.version < excluded.version
    RETURNING id
"""


def upsert_ticket_replicas(*, copies: list[TicketReplica]) -> set[UUID]:
    """Keep our copies of listings up to date; what is older than a copy changes nothing.

    Return the ids of the listings of which this was news.
    """
    newest = {copy.id: copy for copy in sorted(copies, key=attrgetter("version"))}
    columns = [[getattr(copy, name) for copy in newest.values()] for name in _TICKET_COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT_TICKETS, columns)
        return {ticket_id for (ticket_id,) in cursor.fetchall()}
