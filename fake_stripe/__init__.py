"""The fake Stripe: `localstripe` as a process of its own, with its behaviour corrected.

`python -m fake_stripe --port P --store FILE --webhook-url URL --webhook-secret S` serves the part
of Stripe's API that this project speaks, to the real `stripe` client. localstripe is GPL-3 software: only
this package imports it, nobody imports this package, and everybody meets it over HTTP.
"""
