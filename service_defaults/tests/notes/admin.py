from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from service_defaults import errors
from service_defaults.staff import StaffModelAdmin
from service_defaults.tests.notes.models import Note


class AlreadyLoud(errors.BusinessRuleViolation):
    """It is loud already"""


def make_louder(note: Note) -> None:
    """Save the note before raising, so that there is something to roll back."""
    before, note.text = note.text, note.text.upper()
    note.version += 1
    note.save()
    if before == note.text:
        raise AlreadyLoud


@admin.register(Note)
class NoteAdmin(StaffModelAdmin):
    action_roles = ("editor",)
    actions = ("louder",)

    @admin.action(description="Make louder", permissions=["act"])
    def louder(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        self.for_each(request, rows, make_louder, done="made louder")
