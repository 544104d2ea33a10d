"""What every service needs and no domain owns.

Settings values, token verification, errors and their HTTP form, paging, health, logging and the operators'
admin. Imports no service and not `shared_events`.
"""
