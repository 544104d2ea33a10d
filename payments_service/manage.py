"""Management commands of the payments service: `python -m payments_service.manage …`."""

from service_defaults.project import run_command

if __name__ == "__main__":
    run_command(settings="payments_service.config.settings")
