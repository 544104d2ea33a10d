"""The fake Stripe: `localstripe` as a separate process, with its behaviour corrected.

`python -m fake_stripe --port P --store FILE --webhook-url URL --webhook-secret S` serves the part
of Stripe's API that this project uses, to the real `stripe` client. localstripe is GPL-3 software: only
this package imports it, and no other package imports this one: they use it over HTTP.
"""
