"""Serializers whose fields are declared by their Python names and shown in camelCase."""

from typing import Any

from rest_framework import serializers


class CamelCaseSerializer(serializers.Serializer[Any]):
    """Shows the field `created_at` as `createdAt`, and takes it so."""

    def get_fields(self) -> dict[str, Any]:
        """Return the fields by their names outside."""
        fields = super().get_fields()
        for name, field in fields.items():
            if isinstance(field, serializers.SerializerMethodField):
                field.method_name = field.method_name or f"get_{name}"
            elif field.source is None and camel_case(name) != name:
                field.source = name
        return {camel_case(name): field for name, field in fields.items()}


def camel_case(name: str) -> str:
    """Return `createdAt` for `created_at`."""
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
