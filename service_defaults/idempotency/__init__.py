"""`Idempotency-Key`: a POST that is repeated takes effect once and is answered alike.

Kept per user and route for 24 hours. Where one transaction makes the effect, `once` keeps the answer in it:
either both are there or neither. Where the effect takes several (a call to others), `kept` has the parts.
Only a success is kept, so that an honest retry of anything else is never blocked.
"""
