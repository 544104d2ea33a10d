"""Accounts, sessions and the keys that everybody trusts. Publishes the `user` stream."""
