"""Defaults that every Django service shares: settings, token verification, errors, paging, health, admin.

Imports no service and not `shared_events`.
"""
