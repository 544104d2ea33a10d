"""The 3-D Secure page of the buyer's bank, on which the buyer approves or declines the payment. No script.

The intent's `next_action` has its URL; the buyer's browser is redirected to the `return_url` that the
confirmation named.
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
<title>Confirm your payment · Test bank</title>
<style>{style}</style>
</head>
<body>
<main>
<p class="bank">Test bank. No real money is charged.</p>
{content}
</main>
</body>
</html>
"""

_CONFIRM_FORM = """<h1>Confirm your payment of {amount}</h1>
<p>A shop charges this amount to your test card. Your bank needs your approval.</p>
<form method="post">
<button name="answer" value="yes">Approve payment</button>
<button name="answer" value="no">Decline payment</button>
</form>"""

_UNKNOWN = "<h1>There is no payment to confirm.</h1><p>Go back to the shop and pay again.</p>"

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


def page_address(intent: PaymentIntent, origin: str) -> str:
    """Return the page's URL. It contains the intent's secret, so that it can't be guessed."""
    return f"{origin}{PATH}{intent.id}?{urlencode({'client_secret': intent.client_secret})}"


@web.middleware
async def skip_authentication(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Skip the secret key for the buyer's browser; every other path goes on to the check."""
    is_buyer = request.path.startswith(PATH)
    return await (request.match_info.handler if is_buyer else handler)(request)


class Challenge:
    """The page's two routes."""

    def __init__(self, store: FileStore) -> None:
        self._store = store

    def serve(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get(PATH + "{id}", self._show)
        app.router.add_post(PATH + "{id}", self._answer)

    async def _show(self, request: web.Request) -> web.Response:
        intent = self._intent(request)
        if intent is None:
            return _page(_UNKNOWN, status=404)
        if intent.status != "requires_action":
            raise _redirect_to_shop(intent)
        amount = f"{intent.amount / 100:.2f} {intent.currency.upper()}"
        return _page(_CONFIRM_FORM.format(amount=escape(amount)))

    async def _answer(self, request: web.Request) -> web.Response:
        form = await request.post()
        intent = self._intent(request)
        if intent is None:
            return _page(_UNKNOWN, status=404)
        # Otherwise it was answered in another tab or canceled by the shop: nothing to do.
        if intent.status == "requires_action":
            _authenticate(intent, agrees=form.get("answer") == "yes")
            self._store.commit()
        raise _redirect_to_shop(intent)

    def _intent(self, request: web.Request) -> PaymentIntent | None:
        intent = self._store.get(f"payment_intent:{request.match_info['id']}")
        if intent is None or request.query.get("client_secret") != intent.client_secret:
            return None
        return intent if getattr(intent, "_return_url", None) else None


def _authenticate(intent: PaymentIntent, *, agrees: bool) -> None:
    try:
        PaymentIntent._api_authenticate(intent.id, client_secret=intent.client_secret, success=agrees)  # noqa: SLF001
    except UserError:
        # The charge was declined. The intent has the error, which the shop fetches.
        return


def _redirect_to_shop(intent: PaymentIntent) -> web.HTTPSeeOther:
    address = intent._return_url  # noqa: SLF001 - our own attribute, which localstripe doesn't have
    query = {"payment_intent": intent.id, "payment_intent_client_secret": intent.client_secret}
    return web.HTTPSeeOther(f"{address}{'&' if '?' in address else '?'}{urlencode(query)}")


def _page(content: str, status: int = 200) -> web.Response:
    html = _PAGE.format(style=_STYLE, content=content)
    return web.Response(text=html, content_type="text/html", status=status, headers=_HEADERS)
