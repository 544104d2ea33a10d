from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest

from service_defaults import errors
from service_defaults.staff import StaffModelAdmin, require_recent_login
from service_defaults.staff_pages import dashboard
from service_defaults.staff_pages.dashboard import Figure, Section, Table, list_url, row_link
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


class TextForm(ActionForm):
    text = forms.CharField(required=False)


@admin.register(Note)
class NoteAdmin(StaffModelAdmin):
    list_display = ("id", "text")
    search_fields = ("=id", "text")
    action_form = TextForm
    action_roles = ("editor",)
    actions = ("louder", "rewrite")

    @admin.action(description="Make louder", permissions=["act"])
    def louder(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        self.for_each(request, rows, make_louder, done="made louder")

    @admin.action(description="Rewrite", permissions=["act"])
    @require_recent_login
    def rewrite(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        rows.update(text=request.POST["text"])
        self.message_user(request, "Rewritten")


@dashboard.section(order=0)
def notes(request: HttpRequest) -> Section:
    quiet = Note.objects.filter(text__startswith="h")
    url = list_url(Note, text__startswith="h")
    return Section(
        title="Notes",
        figures=(Figure(label="Quiet notes", value=quiet.count(), url=url),),
        tables=(
            Table(
                title="Latest notes",
                columns=("Note", "Text"),
                rows=tuple((row_link(note, note.id), note.text) for note in quiet[:5]),
                url=url,
            ),
        ),
    )
