"""Accounts, sessions and the keys that every service trusts. Publishes the `user` stream."""
