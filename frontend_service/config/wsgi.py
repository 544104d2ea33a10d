"""The WSGI application that gunicorn serves."""

from frontend_service.config.purchase_trace import continue_purchase
from service_defaults.project import wsgi_application

application = continue_purchase(wsgi_application(settings="frontend_service.config.settings"))
