"""The pages' URLs. The gateway routes here whatever isn't under `/api/`, `/admin/` or `/static/`."""

from django.urls import include, path

from frontend_service.pages import (
    account,
    api_documents,
    browse,
    buying,
    mailbox,
    own_account,
    recovery,
    selling,
)
from frontend_service.pages.console.urls import urlpatterns as console

urlpatterns = [
    path("", browse.Browse.as_view(), name="browse"),
    path("cards", browse.CardStates.as_view(), name="card_states"),
    path("auth/signup", account.SignUp.as_view(), name="sign_up"),
    path("auth/signin", account.SignIn.as_view(), name="sign_in"),
    path("auth/signout", account.SignOut.as_view(), name="sign_out"),
    path("auth/forgot", recovery.ForgotPassword.as_view(), name="forgot"),
    path("auth/reset", recovery.ResetPassword.as_view(), name="reset"),
    path("auth/verify", recovery.VerifyEmail.as_view(), name="verify"),
    path("account", own_account.Account.as_view(), name="account"),
    path("account/verification", own_account.SendVerification.as_view(), name="send_verification"),
    path("account/sessions/end", own_account.SignOutEverywhere.as_view(), name="sign_out_everywhere"),
    path("account/sessions/<uuid:session_id>/end", own_account.EndSession.as_view(), name="end_session"),
    path("mailbox", mailbox.Mailbox.as_view(), name="mailbox"),
    path("tickets/new", selling.ListTicket.as_view(), name="ticket_new"),
    path("tickets/<uuid:ticket_id>", browse.ShowTicket.as_view(), name="ticket"),
    path("tickets/<uuid:ticket_id>/panel", browse.TicketPanel.as_view(), name="ticket_panel"),
    path("tickets/<uuid:ticket_id>/edit", selling.EditTicket.as_view(), name="ticket_edit"),
    path("tickets/<uuid:ticket_id>/withdraw", selling.WithdrawTicket.as_view(), name="ticket_withdraw"),
    path("tickets/<uuid:ticket_id>/hold", buying.HoldTicket.as_view(), name="ticket_hold"),
    path("sell", selling.Sell.as_view(), name="sell"),
    path("sell/board", selling.SellBoard.as_view(), name="sell_board"),
    path("orders", buying.OrderList.as_view(), name="orders"),
    path("orders/<uuid:order_id>", buying.ShowOrder.as_view(), name="order"),
    path("orders/<uuid:order_id>/status", buying.OrderStatus.as_view(), name="order_status"),
    path("orders/<uuid:order_id>/receipt", buying.Receipt.as_view(), name="receipt"),
    path("orders/<uuid:order_id>/pay", buying.PayOrder.as_view(), name="order_pay"),
    path("orders/<uuid:order_id>/extend", buying.ExtendOrder.as_view(), name="order_extend"),
    path("orders/<uuid:order_id>/cancel", buying.CancelOrder.as_view(), name="order_cancel"),
    *console,
    path("api/docs/", api_documents.BrowseDocuments.as_view(), name="api_docs"),
    path("api/docs/openapi.json", api_documents.MergedDocument.as_view(), name="openapi"),
    path("health/", include("service_defaults.health")),
]

handler400 = "frontend_service.pages.problems.bad_request"
handler403 = "frontend_service.pages.problems.forbidden"
handler404 = "frontend_service.pages.problems.not_found"
handler500 = "frontend_service.pages.problems.server_error"
