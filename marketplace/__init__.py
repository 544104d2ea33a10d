"""What the marketplace's services share and no library owns: their settings, their routes, and the users.

It imports no service. The frontend, which has no database and follows no events, needs nothing of it.
"""
