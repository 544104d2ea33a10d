"""The API views of the notes service."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from service_defaults import errors
from service_defaults.conditional import etag_for, not_modified, require_match
from service_defaults.idempotency.idempotent import idempotent
from service_defaults.paging import KeysetPagination
from service_defaults.tests.ids import uuid7
from service_defaults.tests.notes.models import Note


class NoteNotFound(errors.NotFound):
    """There is no such note."""


class LineInput(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=10)


class NoteInput(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=20)
    stars = serializers.IntegerField(required=False, max_value=5)
    first = LineInput(required=False)
    lines = LineInput(many=True, required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=3), required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["text"] == "contradiction":
            raise serializers.ValidationError("The fields contradict each other")
        return attrs


class NoteOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    text = serializers.CharField()


class Notes(APIView):
    """All notes."""

    pagination_class = KeysetPagination

    @extend_schema(responses={200: NoteOutput(many=True)})
    def get(self, request: Request) -> Response:
        """List them, newest first."""
        pages = KeysetPagination()
        page = pages.paginate_queryset(Note.objects.all(), request)
        return pages.get_paginated_response(NoteOutput(page, many=True).data)

    @extend_schema(request=NoteInput, responses={201: NoteOutput})
    def post(self, request: Request) -> Response:
        """Create one."""
        data = NoteInput(data=request.data)
        data.is_valid(raise_exception=True)

        def write() -> Response:
            note = Note.objects.create(id=uuid7(), text=data.validated_data["text"])
            return Response(NoteOutput(note).data, status=201, headers={"ETag": etag_for(note.version)})

        return idempotent(request, write)


class ShowNote(APIView):
    """One note."""

    @extend_schema(responses={200: NoteOutput})
    def get(self, request: Request, note_id: UUID) -> Response:
        """Show it. With `If-None-Match` only when it has changed."""
        note = Note.objects.filter(id=note_id).first()
        if note is None:
            raise NoteNotFound
        etag = etag_for(note.version)
        if not_modified(request, etag):
            return Response(status=304, headers={"ETag": etag})
        require_match(request, etag)
        return Response(NoteOutput(note).data, headers={"ETag": etag})


class WhoAmI(APIView):
    """Show the signed-in user's id, or none, to any visitor."""

    permission_classes = (AllowAny,)

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        return self._answer(request)

    @extend_schema(request=None, responses={200: dict})
    def post(self, request: Request) -> Response:
        return self._answer(request)

    def _answer(self, request: Request) -> Response:
        return Response({"id": str(request.user.id) if request.user else None})
