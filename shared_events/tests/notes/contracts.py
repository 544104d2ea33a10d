from shared_events.contracts import Event, contract


class NoteState(Event):
    text: str


@contract
class NoteWritten(NoteState):
    """Recorded when a note is written."""


@contract
class NoteErased(NoteState):
    """Recorded when a note is erased."""


@contract
class NoteCounted(NoteState):
    """Recorded for statistics; handled in batches."""
