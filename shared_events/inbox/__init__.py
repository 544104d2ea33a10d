"""The subscriber's side: handlers, the cursor of each stream, and what could not be applied."""
