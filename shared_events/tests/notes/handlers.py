"""Copies notes; a note called "poison" can't be copied while `POISONED` holds its text."""

from collections.abc import Callable

from shared_events.envelope import Envelope
from shared_events.inbox.subscriptions import handles
from shared_events.tests.notes.contracts import NoteCounted, NoteErased, NoteState, NoteWritten
from shared_events.tests.notes.models import Note

POISONED: set[str] = set()
ON_WRITE: list[Callable[[str], None]] = []
BATCHES: list[int] = []
MEMORY = (POISONED, ON_WRITE, BATCHES)


class Poisoned(Exception):
    pass


@handles(NoteWritten)
def copy_note(event: Envelope[NoteState]) -> None:
    for hook in ON_WRITE:
        hook(event.data.text)
    if event.data.text in POISONED:
        raise Poisoned(event.data.text)
    note, _ = Note.objects.get_or_create(id=event.aggregate_id)
    note.text, note.version, note.applied = event.data.text, event.version, note.applied + 1
    note.save()


@handles(NoteErased)
def erase_note(event: Envelope[NoteState]) -> None:
    Note.objects.filter(id=event.aggregate_id).delete()


@handles(NoteCounted, batch=True)
def count_notes(events: list[Envelope[NoteState]]) -> None:
    BATCHES.append(len(events))
