"""An error in words that can be logged and stored, whatever its own text is."""

import traceback as tracebacks


def describe(error: BaseException) -> str:
    """Return the error's type and text in one line, never empty; of one without a text, what led to it."""
    name, text = type(error).__name__, _text_of(error)
    if text:
        return f"{name}: {text}"
    cause = error.__cause__ or error.__context__
    return f"{name} (no text), from {describe(cause)}" if cause else f"{name} (no text)"


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


def _text_of(error: BaseException) -> str:
    try:
        return " ".join(storable(str(error)).split())
    except Exception:  # an error's own methods may fail
        return ""
