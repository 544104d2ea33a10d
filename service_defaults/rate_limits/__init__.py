"""Rate limits, counted in this service's database, so that its processes and replicas share the counts.

A *rate* ("300/60": 300 in 60 seconds) has a name and is counted per *subject*: the signed-in user, else the
visitor's address. A request above it is refused with 429, `Retry-After` and `RateLimit` headers.
"""
