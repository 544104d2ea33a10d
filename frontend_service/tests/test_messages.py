"""Every text can be translated: checked with a language that puts each text in brackets."""

from gettext import NullTranslations

import pytest
from django.utils.translation import trans_real

from frontend_service.tests.browser import Browser
from frontend_service.tests.fake_marketplace import Marketplace
from frontend_service.tests.visible_text import untranslated
from tests.browser.scenario import Scenario

LANGUAGE = "qq"


class Bracketed(NullTranslations):
    """Translates "Sold" to "⟦Sold⟧"; a text with a context is a format and stays unchanged."""

    def gettext(self, message: str) -> str:
        return message if "\x04" in message or not message.strip() else f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def to_language(self) -> str:
        return LANGUAGE


@pytest.fixture
def marketplace(scenario: Scenario) -> Marketplace:
    return scenario.market


@pytest.fixture
def _another_language(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LANGUAGE_CODE, settings.LANGUAGES = LANGUAGE, [(LANGUAGE, "Brackets")]
    # Changing these settings cleared this cache.
    monkeypatch.setitem(trans_real._translations, LANGUAGE, Bracketed())


@pytest.mark.usefixtures("_another_language")
class TestEveryText:
    def test_is_in_the_catalogue(self, scenario: Scenario) -> None:
        tokens = scenario.market.tokens_for(scenario.visitor) if scenario.visitor else {}
        page = Browser(**tokens).open(scenario.address)
        html = page.content.decode()
        assert f'lang="{LANGUAGE}"' in html
        assert "⟦" in html
        assert untranslated(html) == []
