"""What a program is called by people who use it: browsers introduce themselves as each of their ancestors."""

import re

from django.utils.translation import gettext as _

_MOST_LETTERS = 80
# The first that fits: nearly all say Safari, and Edge and Opera say Chrome too.
_BROWSERS = {
    "Edge": r"\bEdg(e|A|iOS)?/",
    "Opera": r"\bOPR/",
    "Samsung Internet": r"\bSamsungBrowser/",
    "Firefox": r"\b(Firefox|FxiOS)/",
    "Chrome": r"(Chrome|\bCriOS)/",
    "Safari": r"\bVersion/.*\bSafari/",
}
# iPhones speak of Mac OS X, and Android of Linux.
_SYSTEMS = {
    "iPhone": r"\biPhone\b",
    "iPad": r"\biPad\b",
    "Android": r"\bAndroid\b",
    "Windows": r"\bWindows NT\b",
    "Mac": r"\bMacintosh\b",
    "ChromeOS": r"\bCrOS\b",
    "Linux": r"\bLinux\b",
}


def device_name(program: str) -> str:
    """`Firefox on Linux` for a browser that we know; any other program in its own words."""
    if not program:
        return _("Unknown device")
    browser, system = _first(_BROWSERS, program), _first(_SYSTEMS, program)
    if program.startswith("Mozilla/") and browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return program if len(program) <= _MOST_LETTERS else f"{program[: _MOST_LETTERS - 1]}…"


def _first(patterns: dict[str, str], program: str) -> str:
    return next((name for name, pattern in patterns.items() if re.search(pattern, program)), "")
