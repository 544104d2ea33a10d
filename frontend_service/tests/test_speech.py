from frontend_service.tests.speech import untranslated


class TestUntranslated:
    def test_finds_a_text_that_nobody_can_translate(self) -> None:
        html = '<p aria-label="Buy">⟦You paid <b>$4</b>.⟧ Enjoy</p><script>let it</script>'
        assert untranslated(html) == ["Enjoy", "Buy"]
