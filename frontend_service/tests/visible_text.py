"""A page's visible text, and which of it isn't in the translation catalogue."""

import re
from html.parser import HTMLParser

from tests.browser import account_scenarios, page_scenarios
from tests.browser.page_parts import LISTINGS

#: Users' data, and what is the same in every language.
DATA = (
    r"Secondrow",
    r"UTC",
    r"[\w.]+@[\w.]*example\.com",
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b",
    r"pm_card_\w+",
    r"x{79,200}",
    *(re.escape(part) for title, _, venue, _ in LISTINGS for part in (title, venue) if part),
    r"Nina at the Roundhouse|Roundhouse",
    r"Two seats side by side, row 7, stalls\.|I hand them over by e-mail on the day you pay\.",
    r"Your card was declined\.|Slow down|Still being worked on\.",
    r"\bzzz\b|\bberlin\b",
    re.escape(account_scenarios.PROGRAM),
    r"https?://\S+",
    *(
        re.escape(words.strip())
        for name in ("mailbox", "mailbox-unusual-emails")
        for email in page_scenarios.build(name, "http://testserver").emails
        for words in (email.subject, *re.split(r"https?://\S+|\n|x{200}", email.text))
        if words.strip()
    ),
)
_TEXT_ATTRIBUTES = (
    "aria-label",
    "placeholder",
    "title",
    "data-say",
    "data-words",
    "data-empty",
    "data-unreachable",
    "alt",
)
_SKIPPED_TAGS = ("script", "style", "code", "template")


class _VisibleText(HTMLParser):
    """Collects a page's visible text."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = [""]
        self._skipping = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._skipping += tag in _SKIPPED_TAGS
        self.texts += [value for name, value in attributes if name in _TEXT_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        self._skipping -= tag in _SKIPPED_TAGS

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.texts[0] += data + " "


def untranslated(html: str) -> list[str]:
    """Return the words that are neither in brackets nor data."""
    visible = _VisibleText()
    visible.feed(html)
    found = []
    for text in visible.texts:
        rest = text
        while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", " ", rest)) != rest:
            rest = shorter
        for pattern in DATA:
            rest = re.sub(pattern, " ", rest)
        found += re.findall(r"[^\W\d_]{2,}", rest)
    return found
