"""The glossary names modules that are there, and the words that it replaced are gone."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GLOSSARY = (ROOT / "docs" / "reference" / "glossary.md").read_text()

#: Names that another word has taken the place of; the changelog and the decisions may tell of them.
REPLACED = """
    numbering|Numbered|keep_plans|settling|is_told|show_life|_NOBODYS_FAULT|is_nobodys_fault|asked_at
    trying_position|trying_count|ask_all|PatientConsumer|of_role|log\\.together|log\\.beginnings
    KeptAnswer|find_just_made|just_made|forgive|forget_old_\\w+|TOKEN_STANDING|keep_standing|require_standing
    GenuineToken|fresh_sign_in_only|is_vouched|VISITOR_KEY|NotYours|Contradicts|InFlight|private_by_default
    env\\.listing|audit\\.note|TicketCopy|UserCopy|OrderCopy|keep_tickets|keep_user|OrderNews|OneOrder
    ShowBusiness|paying_with|end_sale|end_holds_of_user|ShelfFilter|MOST_IDS|_clear_the_way|Booked
    KEEP_NOTHING|moved_at|waits_for|hear_stripe|appoint_operator|order_stage|keeper|Wishes|Complaint
    throwaway_databases|NotAsSaid|Wounds|unrest|witness|mischief|latecomer|mend-events|look-after-money
    AUTH_RATE_LETTERS|FRONTEND_MAILBOX|shelf
"""
#: What buyers and sellers read no more.
PHRASES = (
    "What fits", "asking back", "give it back</", "Put it on the shelf", "Present password",
    "Look at your mail", "youngest first", "How it goes", "Venue not named", "Enjoy the evening",
)  # fmt: skip


def _texts() -> dict[str, str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    told = re.compile(r"CHANGELOG|^docs/adr/|^requirements/|test_glossary|\.jpg$")
    paths = [ROOT / name for name in listed.stdout.splitlines() if not told.search(name)]
    return {str(path.relative_to(ROOT)): path.read_text(errors="replace") for path in paths if path.is_file()}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs the repository's list of files")
class TestTheWords:
    def test_that_were_replaced_are_gone(self) -> None:
        words = re.compile(rf"\b(?:{'|'.join(REPLACED.split())})\b|{'|'.join(map(re.escape, PHRASES))}")
        left = {name: words.findall(text) for name, text in _texts().items()}
        assert {name: found for name, found in left.items() if found} == {}


class TestTheGlossary:
    def test_names_modules_that_are_there(self) -> None:
        named = re.findall(r"`([\w/]+\.py)`", GLOSSARY)
        assert named
        assert [name for name in named if not (ROOT / name).exists()] == []

    def test_has_each_word_once(self) -> None:
        words = re.findall(r"^\| ([^|]+?) \|", GLOSSARY, re.MULTILINE)
        words = [word for word in words if word not in {"word", "---"}]
        assert len(words) == len(set(words))
