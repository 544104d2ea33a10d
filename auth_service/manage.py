"""Management commands of the accounts service: `python -m auth_service.manage …`."""

from service_defaults.project import run_command

if __name__ == "__main__":
    run_command(settings="auth_service.config.settings")
