"""Management commands of the frontend: `python -m frontend_service.manage <command>`."""

from service_defaults.project import run_command

if __name__ == "__main__":
    run_command(settings="frontend_service.config.settings")
