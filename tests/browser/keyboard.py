"""Using pages by keyboard alone."""

from playwright.sync_api import Page

_MAX_TABS = 60


def tab_to(page: Page, words: str) -> None:
    """Press Tab until the control with this name has the focus, which must be visible at every step."""
    for _ in range(_MAX_TABS):
        page.keyboard.press("Tab")
        name, is_visible = page.evaluate(
            """() => {
              const one = document.activeElement;
              const named = one.labels?.[0]?.textContent || one.getAttribute("aria-label") || one.textContent;
              const around = [one, one.closest(".ticket"), one.closest(".row")].filter(Boolean);
              return [named.trim(), around.some((box) => getComputedStyle(box).outlineStyle !== "none")];
            }"""
        )
        assert is_visible, f"the focus isn't visible on {name!r}"
        if name.startswith(words):
            return
    raise AssertionError(f"Tab never reaches {words!r}")


def press(page: Page, words: str) -> None:
    """Move the focus to the control with this name and press Enter."""
    tab_to(page, words)
    page.keyboard.press("Enter")
