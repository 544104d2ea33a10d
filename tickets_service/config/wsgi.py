"""What gunicorn serves."""

from service_defaults.project import wsgi_application

application = wsgi_application(settings="tickets_service.config.settings")
