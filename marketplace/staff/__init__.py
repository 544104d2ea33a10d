"""The part of the operators' API that all services have: the state of their events, and actions on these.

`marketplace.urls.service_urls` includes it below each service's own prefix, such as `/api/orders/staff/`.
What staff see and do of a service's own things is in the service's `api/staff.py`.
"""
