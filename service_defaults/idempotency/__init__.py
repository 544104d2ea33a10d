"""`Idempotency-Key`: a POST that is repeated takes effect once and is answered alike.

Kept per user and route for 24 hours, in the transaction of the effect: either both are there or neither. Only
a success is kept, so that an honest retry of anything else is never blocked.
"""
