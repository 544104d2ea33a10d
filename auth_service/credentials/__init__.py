"""Credentials: password hashes, tokens, links in e-mails, and the admin's authentication backend."""
