"""Management commands of the tickets service: `python -m tickets_service.manage …`."""

from service_defaults.project import run_command

if __name__ == "__main__":
    run_command(settings="tickets_service.config.settings")
