"""The shapes that clients send and get."""

from typing import Any

from rest_framework import serializers


class PostInput(serializers.Serializer[Any]):
    """Title and body of a new post."""

    title = serializers.CharField(max_length=200)
    body = serializers.CharField(max_length=10_000, required=False, allow_blank=True, default="")


class PostOutput(serializers.Serializer[Any]):
    """A post."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    body = serializers.CharField()
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815
