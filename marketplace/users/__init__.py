"""What a service follows of auth's users: whether one may trade, and whose tokens no longer count.

A service has all of it by `marketplace.users` in its INSTALLED_APPS, before its own app, beside
`service_defaults.revocation`. What a suspension means for its own rows, it handles itself.
"""
