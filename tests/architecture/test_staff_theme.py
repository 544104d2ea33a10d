"""The operators' admin has the shop's colours: two style sheets that no service shares, kept alike."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHOP = (ROOT / "frontend_service/pages/static/shop/shop.css").read_text()
STAFF = (ROOT / "service_defaults/staff_pages/static/staff/staff.css").read_text()

_VALUE = re.compile(r"--([a-z-]+):\s*(#[0-9a-f]{6})\s*;")
_PAIR = re.compile(r"--([a-z-]+):\s*(?:light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)|(#[0-9a-f]{6}))\s*;")


def shop_colours() -> dict[str, tuple[str, str]]:
    """Return the shop's colours by name: in light and in dark."""
    tokens = SHOP[SHOP.index("@layer tokens {") : SHOP.index("@layer base {")]
    light, dark = tokens.split("@media (prefers-color-scheme: dark)")
    values: dict[str, str] = dict(_VALUE.findall(light))
    overrides: dict[str, str] = dict(_VALUE.findall(dark))
    return {name: (value, overrides.get(name, value)) for name, value in values.items()}


def staff_colours() -> dict[str, tuple[str, str]]:
    """Return the admin's colours in the same way."""
    return {name: (light or both, dark or both) for name, light, dark, both in _PAIR.findall(STAFF)}


class TestTheAdminsStyleSheet:
    def test_has_the_shops_colours(self) -> None:
        ours, theirs = staff_colours(), shop_colours()
        assert len(ours) > 15
        assert ours == {name: theirs[name] for name in ours}
