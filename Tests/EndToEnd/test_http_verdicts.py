"""Tollgate, nginx and h11 read the same raw requests; where they disagree, it is judged why Tollgate is right."""

import json
import os

import pytest

from rig import corpus, verdict_page
from rig.golden import FOLDER
from rig.verdicts import H11, Nginx, Observer, Witness

CASES = corpus.load()
GOLDEN = FOLDER / "http_verdicts.json"
WRITES = os.environ.get("GOLDEN") == "write"


def golden(peer):
    """The verdicts of that peer as they stand in the file."""
    if not GOLDEN.exists():
        return {}
    return {id: verdicts[peer] for id, verdicts in json.loads(GOLDEN.read_text()).items() if peer in verdicts}


def agree(peer, found):
    """Compare with the file, or write it."""
    if WRITES:
        known = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
        table = {case.id: {**known.get(case.id, {}), peer: found[case.id]} for case in CASES}
        lines = [f"  {json.dumps(id)}: {json.dumps(row, ensure_ascii=False, sort_keys=True)}" for id, row in table.items()]
        GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    known = golden(peer)
    different = {id: (verdict, known.get(id)) for id, verdict in found.items() if verdict != known.get(id)}
    assert not different, "\n".join(f"{id}: found {found}, the table has {known}" for id, (found, known) in different.items())


def observe(peer, address, witness, key):
    observer = Observer(address, witness, key, **({"quiet": 1.0} if WRITES else {}))
    agree(peer, observer.all(CASES, None if WRITES else golden(peer)))


@pytest.fixture
def witness():
    server = Witness().start()
    yield server
    server.stop()


def test_tollgate(make_gateway, witness):
    gateway = make_gateway(witness.url).start("--loops", "2")
    observe("tollgate", gateway.address, witness, gateway.issue().secret)
    answered = sum(1 for verdict in golden("tollgate").values() for step in verdict if " " in step)
    seen = [request for request in witness.requests if "?probe" not in request.target]
    assert len(seen) == answered, "the upstream saw what was answered and nothing else"


@pytest.mark.skipif(not Nginx.binary(), reason="Debian 12's nginx is not installed (nginx-light)")
def test_nginx(tmp_path, witness):
    nginx = Nginx(tmp_path, witness).start()
    try:
        observe("nginx", nginx.address, witness, "a-key")
    finally:
        nginx.stop()


def test_h11():
    agree("h11", H11("a-key").all(CASES))


def test_every_difference_is_judged():
    verdicts = json.loads(GOLDEN.read_text())
    assert list(verdicts) == [case.id for case in CASES], "GOLDEN=write takes new cases into the table"
    unjudged = [case.id for case in CASES if verdict_page.differs(verdicts[case.id]) and not case.judged]
    assert not unjudged, "say in the corpus why Tollgate is right, or mend it"
    assert not [case.id for case in CASES if case.judged and not verdict_page.differs(verdicts[case.id])], "nothing is left to judge"


def test_the_page_shows_the_table():
    page = verdict_page.render(CASES, json.loads(GOLDEN.read_text()))
    if WRITES:
        verdict_page.PAGE.write_text(page)
    assert page == verdict_page.PAGE.read_text(), "GOLDEN=write brings docs/http.md up to date"
