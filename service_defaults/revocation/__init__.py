"""Revoked access tokens: this service's own table of them, kept up to date by the events about users.

A token proves who its user is, but not whether they have signed out or been suspended since: auth publishes
that. Each service stores a revocation for as long as a token could be valid. So no request needs a call to
auth, and a revocation takes effect as soon as its event is applied.
"""
