"""What gunicorn serves."""

from service_defaults.project import wsgi_application

application = wsgi_application(settings="payments_service.config.settings")
