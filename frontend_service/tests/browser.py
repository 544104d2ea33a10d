"""A minimal browser on Django's test client: it opens pages and submits their forms."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

ORIGIN = "http://testserver"
# The test client's response: an HttpResponse with more attributes.
Page = Any


@dataclass
class Form:
    """A form on a page: its action, and the values it submits unchanged."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._textarea = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._open = Form(given.get("action", ""), given.get("method", "get"))
            self.forms.append(self._open)
        elif self._open and tag == "input" and given.get("name"):
            if given.get("type") != "radio" or "checked" in given:
                self._open.values[given["name"]] = given.get("value", "")
        elif self._open and tag == "textarea":
            self._textarea = given["name"]
            self._open.values[self._textarea] = ""

    def handle_data(self, data: str) -> None:
        if self._textarea and self._open:
            # The first line break after the tag is not part of the value.
            self._open.values[self._textarea] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""
        elif tag == "form":
            self._open = None


def forms_in(page: Page) -> list[Form]:
    parser = _Forms()
    parser.feed(page.content.decode())
    return parser.forms


class Browser:
    """Keeps cookies, sends a form's Origin, and doesn't follow redirects."""

    def __init__(self, **cookies: str) -> None:
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        for name, value in cookies.items():
            self.client.cookies[name] = value

    def open(self, path: str, **headers: str) -> Page:
        return self.client.get(path, headers={"Sec-Fetch-Site": "none"} | headers)

    def fill(self, page: Page, action: str, **values: Any) -> Page:
        """Submit the page's form with this `action`, with these values changed."""
        form = next(form for form in forms_in(page) if form.action == action)
        return self.send(action, form.values | values)

    def send(self, path: str, values: dict[str, Any]) -> Page:
        headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
        return self.client.post(path, values, headers=headers)

    def follow(self, response: Page) -> Page:
        assert response.status_code == 302, response.status_code
        return self.open(response.headers["Location"])


def text_of(page: Page) -> str:
    """The page's text without its tags, on one line."""
    words: list[str] = []
    parser = HTMLParser()
    parser.handle_data = words.append  # type: ignore[method-assign,assignment]
    parser.feed(page.content.decode())
    return " ".join(" ".join(words).split())
