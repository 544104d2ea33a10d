"""`Idempotency-Key`: a POST that is repeated takes effect once and gets the same response.

Responses are stored per user and route for 24 hours. Where one transaction makes the effect, `idempotent`
stores the response in it: both are committed or neither. Where the effect takes several transactions (a call
to another system between them), `store` has the functions for each. Only a success is stored, so a retry of
anything else is never blocked.
"""
