"""The roles of staff: what auth puts into the `role` claim of access tokens, and what each role may do."""

SUPPORT = "support"
MONEY = "money"

#: May act for users: suspend an account, withdraw a listing, end a hold.
SUPPORT_ROLES = frozenset({SUPPORT, MONEY})
#: May move money: refund a payment, settle it now.
MONEY_ROLES = frozenset({MONEY})
