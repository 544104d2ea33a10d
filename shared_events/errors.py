"""Errors in words, for logs, rows and status pages: some have no text, or one that can't be stored."""

import traceback as tracebacks

#: How many causes are named, at most.
_MOST_CAUSES = 3


def describe(error: BaseException) -> str:
    """Return one line that says what went wrong: never empty, and with the cause where that says more.

    What a broker refuses arrives as an error without text whose cause is one without text, for instance.
    """
    found = [_alone(error)]
    text, cause, seen = _text(error), error.__cause__, {id(error)}
    while cause is not None and id(cause) not in seen and len(found) <= _MOST_CAUSES:
        seen.add(id(cause))
        cause_text = _text(cause)
        # Drivers' errors are often wrapped with the text that they have.
        if not (cause_text and cause_text in text):
            found.append(_alone(cause))
        text, cause = f"{text} {cause_text}", cause.__cause__
    return ", caused by ".join(found)


def traceback_of(error: BaseException, *, longest: int) -> str:
    """Return the error's traceback, cut in the middle to `longest` characters that can be stored."""
    try:
        text = storable("".join(tracebacks.format_exception(error)))
    except Exception as failure:  # an error's own methods may fail
        return f"(no traceback: {type(failure).__name__})"
    if len(text) <= longest:
        return text
    return f"{text[: longest // 2]}\n…\n{text[-longest // 2 :]}"


def storable(text: str) -> str:
    """Return the text without what a Postgres column refuses: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def _alone(error: BaseException) -> str:
    name, text = type(error).__name__, _text(error)
    if text:
        return f"{name}: {text}"
    details = ", ".join(repr(part) for part in error.args if part != "")
    return f"{name}({' '.join(details.split())})" if details else name


def _text(error: BaseException) -> str:
    try:
        return " ".join(storable(str(error)).split())
    except Exception:  # an error about an error must not hide the first
        return ""
