"""Management commands of the orders service: `python -m orders_service.manage …`."""

from service_defaults.project import run_command

if __name__ == "__main__":
    run_command(settings="orders_service.config.settings")
