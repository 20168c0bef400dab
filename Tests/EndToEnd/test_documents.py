"""What the documents say of each other and of the commands is so."""

import re
import subprocess

import pytest

from rig.gateway import ROOT, binary

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "otel" / "README.md"]
each = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def links(page):
    """Where its links lead within the repository: file and anchor."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if not re.match("[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


def anchors(page):
    """As GitHub makes them of headings, and those that are written out."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return set(re.findall(r'<a id="([^"]+)">', page.read_text())) | {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@each
def test_links_lead_somewhere(page):
    for target, anchor in links(page):
        assert target.exists(), target
        assert not anchor or anchor in anchors(target), f"{target.name}#{anchor}"


def test_every_page_is_linked():
    linked = {target for page in PAGES for target, _ in links(page) if target != page}
    assert [page.name for page in PAGES[1:] if page not in linked] == []


@each
def test_commands_are_those_of_the_program(page):
    """Each in a block of its own, with what it needs."""
    known = subprocess.run([binary(), "help"], capture_output=True, text=True, check=True).stdout
    for command in re.findall(r"^    tollgate (.+)$", page.read_text(), re.MULTILINE):
        words = command.split()
        name = " ".join(words[:2] if words[0] in ("keys", "budgets", "settings") and not words[1].startswith("-") else words[:1])
        assert f"tollgate {name} " in known, command
        assert name == "settings status-line" or "--config" in words, command
        for option in re.findall(r"--[a-z-]+", command):
            assert option in known, (command, option)
