import re

import pytest
from django.core.exceptions import ImproperlyConfigured

from service_defaults import env

BLANK = pytest.mark.parametrize("value", [None, "", "  "])


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch):
    """Set NOTES_THING, or unset it."""

    def set_value(value: str | None) -> None:
        if value is None:
            monkeypatch.delenv("NOTES_THING", raising=False)
        else:
            monkeypatch.setenv("NOTES_THING", value)

    return set_value


class TestRequired:
    @BLANK
    def test_names_what_is_missing_and_shows_an_example(self, given, value: str | None) -> None:
        given(value)
        with pytest.raises(
            ImproperlyConfigured, match=r"^NOTES_THING must be set, for example NOTES_THING=a b$"
        ):
            env.required("NOTES_THING", example="a b")

    def test_gives_the_value_without_surrounding_blanks(self, given) -> None:
        given(" a value ")
        assert env.required("NOTES_THING", example="x") == "a value"


class TestText:
    @BLANK
    def test_falls_back_to_its_default(self, given, value: str | None) -> None:
        given(value)
        assert env.text("NOTES_THING", default="else") == "else"
        assert env.text("NOTES_THING") == ""


class TestInteger:
    @BLANK
    def test_falls_back_to_its_default(self, given, value: str | None) -> None:
        given(value)
        assert env.integer("NOTES_THING", default=9) == 9

    def test_takes_its_minimum(self, given) -> None:
        given("1")
        assert env.integer("NOTES_THING", default=9, minimum=1) == 1

    @pytest.mark.parametrize("value", ["soon", "1.5", "0x10", "0", "-3"])
    def test_refuses_anything_else_by_name_without_repeating_it(self, given, value: str) -> None:
        given(value)
        with pytest.raises(ImproperlyConfigured) as refusal:
            env.integer("NOTES_THING", default=9, minimum=1)
        assert re.fullmatch(
            r"NOTES_THING must be (a whole number|at least 1), for example NOTES_THING=9", str(refusal.value)
        )


class TestBoolean:
    @pytest.mark.parametrize(
        ("value", "meant"),
        [("1", True), ("TRUE", True), ("yes", True), ("On", True), ("0", False), ("False", False)],
    )
    def test_accepts_the_usual_words(self, given, value: str, meant: bool) -> None:
        given(value)
        assert env.boolean("NOTES_THING", default=not meant) is meant

    @BLANK
    def test_falls_back_to_its_default(self, given, value: str | None) -> None:
        given(value)
        assert env.boolean("NOTES_THING", default=True) is True

    def test_refuses_any_other(self, given) -> None:
        given("maybe")
        with pytest.raises(
            ImproperlyConfigured, match=r"^NOTES_THING must be 0 or 1, for example NOTES_THING=0$"
        ):
            env.boolean("NOTES_THING", default=False)


class TestChoice:
    @pytest.mark.parametrize(("value", "meant"), [("json", "json"), ("JSON", "json"), ("", "text")])
    def test_is_one_of_the_options_in_any_case(self, given, value: str, meant: str) -> None:
        given(value)
        assert env.choice("NOTES_THING", options=("json", "text"), default="text") == meant

    def test_names_the_options_where_it_refuses_another(self, given) -> None:
        given("xml")
        with pytest.raises(
            ImproperlyConfigured,
            match=r"^NOTES_THING must be one of json, text, for example NOTES_THING=text$",
        ):
            env.choice("NOTES_THING", options=("json", "text"), default="text")


class TestListOf:
    @pytest.mark.parametrize(("value", "items"), [(None, []), (" , ", []), ("a, b,,c ", ["a", "b", "c"])])
    def test_drops_blanks(self, given, value: str | None, items: list[str]) -> None:
        given(value)
        assert env.list_of("NOTES_THING") == items
