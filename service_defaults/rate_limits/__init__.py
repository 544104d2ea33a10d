"""How often somebody may do something: counted in this service's database, so that its replicas share it.

A *rate* ("300/60": 300 in 60 seconds) has a name and counts per *subject*: the signed-in user, else the
visitor's address. What is above it is refused with 429, `Retry-After` and `RateLimit` headers.
"""
