"""Django app of the operators' admin: its style sheet, its script, its template tags and its start page."""
