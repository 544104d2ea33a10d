"""A browser's common name, from its User-Agent header, which names other browsers too."""

import re

from django.utils.translation import gettext as _

_MAX_LENGTH = 80
# The first match counts: nearly all contain Safari, and Edge and Opera contain Chrome too.
_BROWSERS = {
    "Edge": r"\bEdg(e|A|iOS)?/",
    "Opera": r"\bOPR/",
    "Samsung Internet": r"\bSamsungBrowser/",
    "Firefox": r"\b(Firefox|FxiOS)/",
    "Chrome": r"(Chrome|\bCriOS)/",
    "Safari": r"\bVersion/.*\bSafari/",
}
# An iPhone's contains Mac OS X, and Android's Linux.
_SYSTEMS = {
    "iPhone": r"\biPhone\b",
    "iPad": r"\biPad\b",
    "Android": r"\bAndroid\b",
    "Windows": r"\bWindows NT\b",
    "Mac": r"\bMacintosh\b",
    "ChromeOS": r"\bCrOS\b",
    "Linux": r"\bLinux\b",
}


def device_name(user_agent: str) -> str:
    """`Firefox on Linux` for a known browser, else the User-Agent header itself."""
    if not user_agent:
        return _("Unknown device")
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if user_agent.startswith("Mozilla/") and browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return user_agent if len(user_agent) <= _MAX_LENGTH else f"{user_agent[: _MAX_LENGTH - 1]}…"


def _first(patterns: dict[str, str], user_agent: str) -> str:
    return next((name for name, pattern in patterns.items() if re.search(pattern, user_agent)), "")
