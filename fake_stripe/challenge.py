"""The page of the buyer's bank: it asks whether it's really the buyer who pays (3-D Secure), without script.

Stripe's client gets its address as the intent's `next_action`; the buyer's browser is sent back to the
`return_url` that the confirmation named.
"""

from html import escape
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.typedefs import Handler
from localstripe.errors import UserError
from localstripe.resources import PaymentIntent

from fake_stripe.store import FileStore

PATH = "/_authenticate/"

_STYLE = """
:root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif; }
body { margin: 0; min-block-size: 100vh; display: grid; place-items: center; background: Canvas; }
main { box-sizing: border-box; inline-size: min(100%, 28rem); padding: 1.5rem; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 0 0 .5rem; text-wrap: balance; }
.bank { font-weight: 600; opacity: .75; margin: 0 0 2rem; }
form { display: grid; gap: .75rem; margin-block-start: 1.5rem; }
button { font: inherit; font-weight: 600; min-block-size: 3rem; border-radius: .5rem; cursor: pointer;
  border: 2px solid #1d4ed8; background: #1d4ed8; color: #fff; }
button[value=no] { background: transparent; color: CanvasText; border-color: currentColor; }
button:focus-visible { outline: 3px solid currentColor; outline-offset: 3px; }
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Is this you? · Test bank</title>
<style>{style}</style>
</head>
<body>
<main>
<p class="bank">Test bank. No real money moves here.</p>
{content}
</main>
</body>
</html>
"""

_QUESTION = """<h1>Do you want to pay {amount}?</h1>
<p>A shop asks for this amount from your test card. Your bank wants to hear from you first.</p>
<form method="post">
<button name="answer" value="yes">Yes, it's me who pays</button>
<button name="answer" value="no">No, refuse this payment</button>
</form>"""

_UNKNOWN = "<h1>There is nothing to confirm here.</h1><p>Go back to the shop and pay again.</p>"

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


def page_address(intent: PaymentIntent, origin: str) -> str:
    """Return where the buyer answers; only who got the intent's secret can know it."""
    return f"{origin}{PATH}{intent.id}?{urlencode({'client_secret': intent.client_secret})}"


@web.middleware
async def without_key(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let the buyer's browser in, which has no key; everything else goes on to whoever asks for one."""
    is_buyer = request.path.startswith(PATH)
    return await (request.match_info.handler if is_buyer else handler)(request)


class Challenge:
    """The two routes of the page."""

    def __init__(self, store: FileStore) -> None:
        self._books = store

    def serve(self, app: web.Application) -> None:
        """Add them."""
        app.router.add_get(PATH + "{id}", self._ask)
        app.router.add_post(PATH + "{id}", self._answer)

    async def _ask(self, request: web.Request) -> web.Response:
        intent = self._intent(request)
        if intent is None:
            return _page(_UNKNOWN, status=404)
        if intent.status != "requires_action":
            raise _back_to_the_shop(intent)
        amount = f"{intent.amount / 100:.2f} {intent.currency.upper()}"
        return _page(_QUESTION.format(amount=escape(amount)))

    async def _answer(self, request: web.Request) -> web.Response:
        form = await request.post()
        intent = self._intent(request)
        if intent is None:
            return _page(_UNKNOWN, status=404)
        # Answered before, in another tab, or given up by the shop: there is nothing left to decide.
        if intent.status == "requires_action":
            _authenticate(intent, agrees=form.get("answer") == "yes")
            self._books.commit()
        raise _back_to_the_shop(intent)

    def _intent(self, request: web.Request) -> PaymentIntent | None:
        intent = self._books.get(f"payment_intent:{request.match_info['id']}")
        if intent is None or request.query.get("client_secret") != intent.client_secret:
            return None
        return intent if getattr(intent, "_return_url", None) else None


def _authenticate(intent: PaymentIntent, *, agrees: bool) -> None:
    try:
        PaymentIntent._api_authenticate(intent.id, client_secret=intent.client_secret, success=agrees)  # noqa: SLF001
    except UserError:
        # The bank declined after all. The intent says so, and the shop asks it.
        return


def _back_to_the_shop(intent: PaymentIntent) -> web.HTTPSeeOther:
    address = intent._return_url  # noqa: SLF001 - ours: localstripe knows no such thing
    told = {"payment_intent": intent.id, "payment_intent_client_secret": intent.client_secret}
    return web.HTTPSeeOther(f"{address}{'&' if '?' in address else '?'}{urlencode(told)}")


def _page(content: str, status: int = 200) -> web.Response:
    html = _PAGE.format(style=_STYLE, content=content)
    return web.Response(text=html, content_type="text/html", status=status, headers=_HEADERS)
