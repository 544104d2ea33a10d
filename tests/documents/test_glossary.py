"""The glossary names modules that exist, and the words that it replaced are gone."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GLOSSARY = (ROOT / "docs" / "reference" / "glossary.md").read_text()

#: Replaced words without another meaning here: searched as whole words, in any case, in every tracked text.
WORDS = r"""
    is_told|show_life|keep_plans|_NOBODYS_FAULT|is_nobodys_fault|asked_at|trying_(position|count)|ask_all
    PatientConsumer|of_role|log\.together|log\.beginnings
    KeptAnswer|(find_)?just_made|forget_old_\w+|TOKEN_STANDING|(keep|require)_standing|GenuineToken
    fresh_sign_in_only|is_vouched|VISITOR_KEY|NotYours|InFlight|private_by_default|env\.listing|audit\.note
    (Ticket|User|Order)Copy|keep_(tickets|user)|OrderNews|OneOrder|paying_with|payment_position
    end_sale|end_holds_of_user|Shelf(Filter)?|Shelves|MOST_IDS|_clear_the_way|KEEP_NOTHING|moved_at|waits_for
    hear_stripe|appoint_operator|order_stage|ways_on|keepers?|Wishes|throwaway_databases|NotAsSaid|wounds?
    unrest|witness(es)?|mischief|latecomers?|twins?|roads?|rooms|desks?|mend-events|look-after-money
    ShowBusiness|AUTH_RATE_LETTERS|FRONTEND_MAILBOX|manners|complaints?
"""
#: Replaced words that are English words too, or that code may use in another sense: only modules, classes and
#: functions may not have them as their whole name, leading underscores aside and in this case (`Step` was a
#: type). Not here: `hold`, `settle` and `lease`, which have one meaning each; `drill`, a command; `answer`,
#: `note`, `run`, `number`, `rows`, `live`, `begin` and `done`, which are right elsewhere (an HTTP server's
#: answer, a liveness check, a test's rows).
NAMES = """
    numbering Numbered Floor rise reading bus settling stopping together beginnings statements cover ask
    Countdowns Recorded Outcome kept once forgive forgives Standing standing Refused Contradicts Stale
    refusals operators Orders Step narrowed words walk walks settlement triggers Booked booked books letters
    mark guessing program programs give take shapes wording gates blaming trouble part desk control View Part
    Complaint screen throwaway sources Done scenes Stage Crowd Trade Tally truth bank house
"""
#: Where a replaced word stays: directories, by word. `showBusiness` is an OpenAPI id that clients may have.
ALLOWED = {"showbusiness": "tickets_service"}
#: What buyers and sellers no longer read.
PHRASES = (
    "What fits", "asking back", "give it back<", "Put it on the shelf", "Leave it as it was",
    "Present password", "Another password", "Look at your mail", "youngest first", "How it goes",
    "Venue not named", "Open date",
    "Enjoy the evening", "You held this ticket", "your bank was asked", "Make an account",
)  # fmt: skip


@cache
def _texts() -> dict[str, str]:
    """Every tracked text by its path, except for the changelogs, which may name what was renamed."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    skipped = re.compile(r"CHANGELOG|test_glossary|\.(jpg|svg)$")
    names = [name for name in listed.stdout.splitlines() if not skipped.search(name)]
    return {name: (ROOT / name).read_text(errors="replace") for name in names if (ROOT / name).is_file()}


def _names(path: str, source: str) -> Iterator[str]:
    """Yield the names of a module, of its packages, and of its classes and functions."""
    yield from Path(path).with_suffix("").parts
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name.lstrip("_")


def _unexpected(found: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the files by word, without those in ALLOWED."""
    left = {
        word: {path for path in paths if path.partition("/")[0] not in ALLOWED.get(word, "").split()}
        for word, paths in found.items()
    }
    return {word: paths for word, paths in left.items() if paths}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs the repository's list of files")
class TestReplacedWords:
    def test_are_in_no_text(self) -> None:
        words = re.compile(rf"(?<!\w)(?:{'|'.join(WORDS.split())})(?!\w)", re.IGNORECASE)
        found: dict[str, set[str]] = {}
        for path, text in _texts().items():
            for match in words.finditer(text):
                found.setdefault(match[0].lower(), set()).add(path)
        assert _unexpected(found) == {}

    def test_name_no_module_class_or_function(self) -> None:
        replaced, found = set(NAMES.split()), dict[str, set[str]]()
        for path, text in _texts().items():
            for name in replaced.intersection(_names(path, text)) if path.endswith(".py") else ():
                found.setdefault(name, set()).add(path)
        assert _unexpected(found) == {}

    def test_are_read_by_no_buyer(self) -> None:
        phrases = re.compile("|".join(map(re.escape, PHRASES)))
        found = {path: phrases.findall(text) for path, text in _texts().items()}
        assert {path: texts for path, texts in found.items() if texts} == {}

    @pytest.mark.parametrize(
        ("path", "source", "names"),
        [
            ("a/walk.py", "", {"walk"}),
            ("a/b.py", "def _ask(): ...\nclass C:\n def take(self): ...", {"ask", "take"}),
        ],
    )
    def test_are_found_where_they_are(self, path: str, source: str, names: set[str]) -> None:
        assert set(NAMES.split()).intersection(_names(path, source)) == names


class TestTheGlossary:
    def test_names_modules_that_exist(self) -> None:
        named = re.findall(r"`([\w/]+\.py)`", GLOSSARY)
        assert named
        assert [name for name in named if not (ROOT / name).exists()] == []

    def test_has_each_word_once(self) -> None:
        words = re.findall(r"^\| ([^|]+?) \|", GLOSSARY, re.MULTILINE)
        words = [word for word in words if word not in {"word", "---"}]
        assert len(words) == len(set(words))
