"""Every text can be said in another language: here in one that puts each of ours in brackets."""

from gettext import NullTranslations

import pytest
from django.utils.translation import trans_real

from frontend_service.tests.browser import Browser
from frontend_service.tests.fake_marketplace import Marketplace
from frontend_service.tests.speech import untranslated
from tests.browser.stage import Scene

LANGUAGE = "qq"


class Bracketed(NullTranslations):
    """Says ⟦Sold⟧ for "Sold"; what has a context is a format, and stays as it is."""

    def gettext(self, message: str) -> str:
        return message if "\x04" in message or not message.strip() else f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def to_language(self) -> str:
        return LANGUAGE


@pytest.fixture
def marketplace(scene: Scene) -> Marketplace:
    return scene.market


@pytest.fixture
def _another_language(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LANGUAGE_CODE, settings.LANGUAGES = LANGUAGE, [(LANGUAGE, "Brackets")]
    # Changing these settings has emptied this.
    monkeypatch.setitem(trans_real._translations, LANGUAGE, Bracketed())


@pytest.mark.usefixtures("_another_language")
class TestEveryText:
    def test_goes_through_the_catalogue(self, scene: Scene) -> None:
        tokens = scene.market.tokens_for(scene.visitor) if scene.visitor else {}
        page = Browser(**tokens).open(scene.address)
        html = page.content.decode()
        assert f'lang="{LANGUAGE}"' in html
        assert "⟦" in html
        assert untranslated(html) == []
