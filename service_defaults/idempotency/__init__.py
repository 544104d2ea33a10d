"""`Idempotency-Key`: a POST that is repeated takes effect once and gets the same response.

A key counts for one user on one route, for 24 hours. Its record is

- *claimed* in the transaction that begins the effect,
- *completed* in the transaction that ends it, where that is a success (2xx),
- *released* (deleted) otherwise, so that an honest retry is never blocked.

A record that was committed as claimed is in flight: another request with its key is refused (409) while the
first one works, and resumes the effect when the first one is gone.

`idempotent` serves an effect of one transaction: the record is claimed and completed in it, and is never in
flight for others. `idempotent_process` serves an effect of several, such as one that calls another system.
"""
