"""The WSGI application that gunicorn serves."""

from service_defaults.project import wsgi_application

application = wsgi_application(settings="frontend_service.config.settings")
