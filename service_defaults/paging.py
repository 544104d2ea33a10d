"""Keyset pagination: as fast at the millionth row as at the first, and stable while rows are added.

Ids are UUIDv7 or growing numbers, so newest first is the id, descending; an `Ordering` sorts by another
column first, where ids are UUIDs.
The body is a plain array; where more rows follow, the `Link` header (RFC 8288) has `rel="next"`.
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import Model, Q, QuerySet, UUIDField
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

#: The size of a key that is a number: that of the database's largest.
_NUMBER_BYTES = 8
_WHOLE_NUMBER = re.compile(r"0*[1-9][0-9]{0,8}", re.ASCII)

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, kw_only=True)
class Ordering:
    """Sort by a column or annotation that is never null, and rows with equal values by the id.

    `parse` reads a value from its text; it raises ValueError or DRF's ValidationError for another text.
    """

    field: str
    parse: Callable[[str], Any]
    descending: bool = False

    @property
    def terms(self) -> tuple[str, str]:
        """Return the terms of the queryset's `order_by`."""
        sign = "-" if self.descending else ""
        return f"{sign}{self.field}", f"{sign}pk"

    def after(self, cursor: str) -> Q:
        """Return the condition for the rows after a cursor; raise ValueError for another ordering's."""
        text, _, key = base64.urlsafe_b64decode(f"{cursor}==").decode().rpartition("|")
        value, key_after = self.parse(text), UUID(hex=key)
        than = "lt" if self.descending else "gt"
        further = Q((f"{self.field}__{than}", value)) | Q((f"pk__{than}", key_after))
        # The first of the two is what an index can use.
        return Q((f"{self.field}__{than}e", value)) & further

    def cursor_at(self, row: Model) -> str:
        """Return the cursor for the rows after this one."""
        value = getattr(row, self.field)
        text = value.isoformat() if hasattr(value, "isoformat") else str(value)
        return base64.urlsafe_b64encode(f"{text}|{row.pk.hex}".encode()).rstrip(b"=").decode()


class KeysetPagination(BasePagination):
    """`?limit=` (20 by default, 100 at most) and `?cursor=`, taken from the previous page's `Link`.

    As `pagination_class` of a view it describes both in the view's OpenAPI too.
    """

    default_limit = 20
    max_limit = 100

    def paginate_queryset(  # type: ignore[override]  # keys need a queryset
        self,
        queryset: QuerySet[Row],
        request: Request,
        view: APIView | None = None,
        ordering: Ordering | None = None,
    ) -> list[Row]:
        """Return the page's rows, newest first; raise DRF's `ValidationError` for a wrong limit or cursor."""
        self._request = request
        limit = self._limit(request.query_params.get("limit"))
        if cursor := request.query_params.get("cursor"):
            queryset = queryset.filter(_after(cursor, ordering, queryset.model))
        rows = list(queryset.order_by(*(ordering.terms if ordering else ("-pk",)))[: limit + 1])
        self._next = _cursor_at(rows[limit - 1], ordering) if len(rows) > limit else None
        return rows[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        """Return the array, with a `Link` to the next page where there is one."""
        if self._next is None:
            return Response(data)
        query = self._request.query_params.copy()
        query["cursor"] = self._next
        target = f"{settings.PUBLIC_ORIGIN}{self._request.path}?{query.urlencode()}"
        return Response(data, headers={"Link": f'<{target}>; rel="next"'})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the schema unchanged: a page is a plain array."""
        return schema

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Return `limit` and `cursor` for OpenAPI."""
        limit = {"type": "integer", "minimum": 1, "maximum": self.max_limit, "default": self.default_limit}
        return [
            {"name": "limit", "in": "query", "required": False, "schema": limit},
            {"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"}},
        ]

    def _limit(self, given: str | None) -> int:
        if not given:
            return self.default_limit
        if not _WHOLE_NUMBER.fullmatch(given):
            raise ValidationError({"limit": ["Limit must be a whole number above 0"]})
        return min(int(given), self.max_limit)


def _cursor_at(row: Model, ordering: Ordering | None) -> str:
    if ordering:
        return ordering.cursor_at(row)
    key = row.pk.bytes if isinstance(row.pk, UUID) else row.pk.to_bytes(_NUMBER_BYTES)
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()


def _after(cursor: str, ordering: Ordering | None, model: type[Model]) -> Q:
    try:
        if ordering:
            return ordering.after(cursor)
        key = base64.urlsafe_b64decode(f"{cursor}==")
        if isinstance(model._meta.pk, UUIDField):  # noqa: SLF001  documented by Django
            return Q(pk__lt=UUID(bytes=key))
        if len(key) != _NUMBER_BYTES:
            raise ValidationError("Not a number's")
        return Q(pk__lt=int.from_bytes(key, signed=True))
    except (ValueError, binascii.Error, ValidationError):
        raise ValidationError({"cursor": ["Cursor is not valid"]}) from None
