"""The shapes of search and today, which each service fills in by its own queries."""

from rest_framework import serializers
from rest_framework.request import Request

from service_defaults.camel_case import CamelCaseSerializer


class SearchInput(serializers.Serializer[dict[str, str]]):
    """What to search for."""

    q = serializers.CharField(max_length=200)


class MatchOutput(CamelCaseSerializer):
    """Something that was found."""

    kind = serializers.ChoiceField(choices=["account", "ticket", "order", "payment"])
    id = serializers.UUIDField()
    label = serializers.CharField(help_text="Names it")  # type: ignore[assignment]  # a field of the API's
    detail = serializers.CharField(help_text="How it stands")
    at = serializers.DateTimeField(help_text="When it was made")
    related = serializers.ListField(child=serializers.UUIDField(), help_text="Ids of what belongs to it")


class MatchesOutput(serializers.Serializer[object]):
    """What was found, at most 20."""

    matches = MatchOutput(many=True)


class NumberOutput(CamelCaseSerializer):
    """A number of the day. Where it counts payments, `amount` is their sum."""

    name = serializers.CharField(help_text="For programs")
    label = serializers.CharField(help_text="For people")  # type: ignore[assignment]  # a field of the API's
    value = serializers.FloatField()
    link = serializers.CharField(required=False, help_text="The query of the list behind it")
    amount = serializers.DecimalField(max_digits=20, decimal_places=2, required=False)
    currency = serializers.CharField(required=False)

    def to_representation(self, instance: object) -> dict[str, object]:
        """Leave out what there isn't, and show a count as a whole number."""
        shown: dict[str, object] = super().to_representation(instance)
        value = shown["value"]
        if isinstance(value, float) and value.is_integer():
            shown["value"] = int(value)
        return {name: value for name, value in shown.items() if value is not None}


class TodayOutput(serializers.Serializer[object]):
    """The numbers of the day: since midnight, UTC, or now."""

    numbers = NumberOutput(many=True)


def read_query(request: Request) -> str:
    """Return what to search for; raise a ValidationError where nothing is asked."""
    query = SearchInput(data=request.query_params)
    query.is_valid(raise_exception=True)
    text: str = query.validated_data["q"]
    return text
