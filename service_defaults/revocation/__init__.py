"""Which access tokens no longer count: this service's own copy, kept from the events about users.

A token says by itself who it is; only accounts knows that somebody signed out, or was suspended, since.
Accounts tells it, and each service keeps what it must still know for as long as such a token could live. So
nobody is asked at run time, and a revocation takes effect as soon as its event is heard.
"""
