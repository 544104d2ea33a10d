"""What staff may do with accounts, tickets, orders and payments, and the pages that ask before it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from frontend_service.clients.staff import OWNERS, Staff
from frontend_service.pages.console.confirmation import (
    Confirmation,
    ConfirmView,
    ReasonForm,
    RefundForm,
    back_in,
)
from frontend_service.pages.console.story_reading import read_linked
from frontend_service.pages.console.things import Fact, Thing, read_thing, story_address, with_names
from frontend_service.pages.visitor import PageRequest


@dataclass(frozen=True, kw_only=True)
class Action:
    """One action: on which kind in which statuses, its button, its question, and what it does."""

    verb: str
    kind: str
    statuses: frozenset[str]
    label: str | Promise
    question: str | Promise
    effects: tuple[str | Promise, ...]
    done: str | Promise
    is_final: bool = False
    form: type[ReasonForm] = ReasonForm


ACTIONS = (
    Action(
        verb="release",
        kind="order",
        statuses=frozenset({"created", "awaiting:payment"}),
        label=gettext_lazy("Release hold"),
        question=gettext_lazy("Release the hold on %(what)s?"),
        effects=(
            gettext_lazy("The hold ends now, and the buyer sees that support cancelled the order."),
            gettext_lazy("The ticket goes back on sale."),
            gettext_lazy("A payment that has started is cancelled; nothing is charged."),
        ),
        done=gettext_lazy("Hold released. The ticket goes back on sale."),
    ),
    Action(
        verb="refund",
        kind="payment",
        statuses=frozenset({"captured"}),
        label=gettext_lazy("Refund"),
        question=gettext_lazy("Refund %(what)s?"),
        effects=(
            gettext_lazy("The amount that you type in goes back to the buyer’s card, and the sale stands."),
            gettext_lazy(
                "Without an amount everything that is left goes back. Then the order ends as "
                "refunded, and the ticket goes back on sale."
            ),
            gettext_lazy("You can’t undo a refund."),
        ),
        done=gettext_lazy("Refund requested. The story shows it once the payment provider has done it."),
        is_final=True,
        form=RefundForm,
    ),
    Action(
        verb="settle",
        kind="payment",
        statuses=frozenset({"started", "requires_action", "authorized"}),
        label=gettext_lazy("Settle now"),
        question=gettext_lazy("Settle the payment of %(what)s now?"),
        effects=(
            gettext_lazy("The payment’s state is fetched from the payment provider now."),
            gettext_lazy("Then the next step is taken: the charge, the release or the refund that is due."),
            gettext_lazy("It is safe to repeat."),
        ),
        done=gettext_lazy("The payment is being settled. The story shows the result in a moment."),
    ),
    Action(
        verb="withdraw",
        kind="ticket",
        statuses=frozenset({"available"}),
        label=gettext_lazy("Withdraw listing"),
        question=gettext_lazy("Withdraw the listing %(what)s?"),
        effects=(
            gettext_lazy("The listing goes off sale for good. The seller can list the ticket again."),
            gettext_lazy("While a buyer holds the ticket, the listing can’t be withdrawn."),
        ),
        done=gettext_lazy("Listing withdrawn."),
        is_final=True,
    ),
    Action(
        verb="suspend",
        kind="account",
        statuses=frozenset({"active"}),
        label=gettext_lazy("Suspend account"),
        question=gettext_lazy("Suspend %(what)s?"),
        effects=(
            gettext_lazy("The account is signed out everywhere and can’t sign in."),
            gettext_lazy("Its open holds end, and those tickets go back on sale."),
            gettext_lazy("Its listings leave the shop until it is reinstated."),
            gettext_lazy("You can reinstate it later; the holds that ended stay ended."),
        ),
        done=gettext_lazy("Account suspended."),
        is_final=True,
    ),
    Action(
        verb="reinstate",
        kind="account",
        statuses=frozenset({"suspended"}),
        label=gettext_lazy("Reinstate account"),
        question=gettext_lazy("Reinstate %(what)s?"),
        effects=(
            gettext_lazy("The account can sign in, buy and sell again."),
            gettext_lazy("Its listings are in the shop again."),
            gettext_lazy("Holds and sessions that ended with the suspension stay ended."),
        ),
        done=gettext_lazy("Account reinstated."),
    ),
)
_BY_VERB = {(action.kind, action.verb): action for action in ACTIONS}


@dataclass(frozen=True, kw_only=True)
class Offer:
    """An action that is possible now: on which thing, and the address of its page."""

    action: Action
    thing: Thing
    url: str


def offers_for(things: Iterable[Thing], *, back: str) -> list[Offer]:
    """What may be done now with these things; each leads back to the story at `back`."""
    return [
        Offer(action=action, thing=thing, url=_address(action, thing.id, back))
        for thing in things
        for action in ACTIONS
        if action.kind == thing.kind and thing.status in action.statuses
    ]


def _address(action: Action, thing_id: str, back: str) -> str:
    path = reverse("console_act", args=[action.kind, thing_id, action.verb])
    return f"{path}?{urlencode({'back': back})}"


class Act(ConfirmView):
    """`/console/<kind>/<id>/<verb>`: asks before one of ACTIONS."""

    def confirmation(self, request: PageRequest, **kwargs: Any) -> Confirmation:
        """The action, with what is known of the thing; raises Http404 for an unknown action."""
        kind, thing_id = kwargs["kind"], kwargs["thing_id"]
        action = _BY_VERB.get((kind, kwargs["verb"]))
        if action is None:
            raise Http404
        api = Staff(request.api.gateway, OWNERS[kind])
        data = api.get_thing(kind, thing_id)
        thing = read_thing(kind, data, thing_id=str(thing_id))
        thing = with_names(thing, read_linked(request.api.gateway, thing))
        return Confirmation(
            title=action.question % {"what": thing.label or thing.id},
            button=action.label,
            effects=list(action.effects),
            act=partial(_act, api, action, thing_id),
            back=back_in(request, default=story_address(kind, str(thing_id))),
            facts=_facts_of(thing),
            is_final=action.is_final,
            form=action.form,
            hidden={"version": str(data["version"])} if "version" in action.form.base_fields else {},
        )


def _act(api: Staff, action: Action, thing_id: UUID, **given: Any) -> str:
    api.act(action.kind, thing_id, action.verb, given=given)
    return str(action.done)


def _facts_of(thing: Thing) -> list[Fact]:
    """Which thing it is about: its id, its status, and its facts."""
    status = Fact(name=_("Status"), text=str(thing.status_text)) if thing.status else None
    number = Fact(name=thing.kind_name, text=thing.id, url=story_address(thing.kind, thing.id), is_code=True)
    return [fact for fact in (status, number, *thing.facts) if fact and fact.text]
