from frontend_service.tests.visible_text import untranslated


class TestUntranslated:
    def test_finds_a_text_outside_the_catalogue(self) -> None:
        html = '<p aria-label="Buy">⟦You paid <b>$4</b>.⟧ Enjoy</p><script>let it</script>'
        assert untranslated(html) == ["Enjoy", "Buy"]
