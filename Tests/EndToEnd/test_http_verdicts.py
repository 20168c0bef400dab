"""Tollgate, nginx and h11 read the same raw requests and answers; where they disagree, it is judged why Tollgate is right."""

import pytest

from rig import verdict_page
from rig.answer_verdicts import H11Client, ProxyObserver, Scripted
from rig.verdict_table import WRITES, Table
from rig.verdicts import H11, Nginx, Observer, Witness

REQUESTS, ANSWERS = Table("requests"), Table("answers")
needs_nginx = pytest.mark.skipif(not Nginx.binary(), reason="Debian 12's nginx is not installed (nginx-light)")


def observe(peer, address, witness, key):
    observer = Observer(address, witness, key, **({"quiet": 1.0} if WRITES else {}))
    REQUESTS.agree(peer, observer.all(REQUESTS.cases, None if WRITES else REQUESTS.of(peer)))


def observe_answers(peer, address, scripted, key):
    expected = {} if WRITES else ANSWERS.of(peer)
    ANSWERS.agree(peer, ProxyObserver(address, scripted, key).all(ANSWERS.cases, expected))


@pytest.fixture
def witness():
    server = Witness().start()
    yield server
    server.stop()


@pytest.fixture
def scripted():
    server = Scripted(ANSWERS.cases).start()
    yield server
    server.stop()


@pytest.fixture
def make_nginx(tmp_path):
    made = []

    def make(upstream):
        made.append(Nginx(tmp_path, upstream).start())
        return made[-1]

    yield make
    for nginx in made:
        nginx.stop()


def test_requests_to_tollgate(make_gateway, witness):
    gateway = make_gateway(witness.url).start("--loops", "2")
    observe("tollgate", gateway.address, witness, gateway.issue().secret)
    answered = sum(1 for verdict in REQUESTS.of("tollgate").values() for step in verdict if " " in step)
    seen = [request for request in witness.requests if "?probe" not in request.target]
    assert len(seen) == answered, "the upstream saw what was answered and nothing else"


@needs_nginx
def test_requests_to_nginx(make_nginx, witness):
    observe("nginx", make_nginx(witness).address, witness, "a-key")


def test_requests_to_h11():
    REQUESTS.agree("h11", H11("a-key").all(REQUESTS.cases))


def test_answers_to_tollgate(make_gateway, scripted):
    gateway = make_gateway(scripted.url)
    gateway.config["providers"][0]["timeouts"] = {"first_byte": "2s", "idle": "1s"}
    gateway.start("--loops", "1")
    observe_answers("tollgate", gateway.address, scripted, gateway.issue().secret)


@needs_nginx
def test_answers_to_nginx(make_nginx, scripted):
    observe_answers("nginx", make_nginx(scripted).address, scripted, "a-key")


def test_answers_to_h11():
    ANSWERS.agree("h11", H11Client().all(ANSWERS.cases))


@pytest.mark.parametrize("table", [REQUESTS, ANSWERS], ids=lambda table: table.name)
def test_every_difference_is_judged(table):
    table.check()


def test_the_page_shows_the_tables():
    page = verdict_page.render(REQUESTS, ANSWERS)
    if WRITES:
        verdict_page.PAGE.write_text(page)
    assert page == verdict_page.PAGE.read_text(), "GOLDEN=write brings docs/http.md up to date"
