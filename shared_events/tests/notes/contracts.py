from shared_events.contracts import Event, contract


class NoteState(Event, frozen=True, kw_only=True):
    text: str


@contract
class NoteWritten(NoteState, frozen=True):
    """Recorded when a note is written."""


@contract
class NoteErased(NoteState, frozen=True):
    """Recorded when a note is erased."""


@contract
class NoteCounted(NoteState, frozen=True):
    """Recorded for statistics; handled in batches."""
