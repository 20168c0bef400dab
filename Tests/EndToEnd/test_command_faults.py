"""What commands do when they are used wrongly, or when their answer cannot be written: an exit status and a sentence that say so."""

import json
import sqlite3
import subprocess
import unicodedata

import pytest

from governed import CHEAP, budget, governed
from rig.answers import Message
from rig.gateway import binary
from rig.waiting import eventually

QUESTIONS = [
    ["report"], ["report", "--format", "csv"], ["report", "--format", "json"], ["report", "--format", "focus"], ["report", "--format", "html"],
    ["report", "--forecast"], ["report", "--cache"], ["keys", "list"], ["keys", "list", "--json"], ["budgets"], ["budgets", "--json"],
]


@pytest.fixture
def used(make_gateway, upstream):
    gateway = governed(make_gateway, budget("mine", "10", budget_applies_per=["user"]), budget("both", "10", budget_applies_per=["user", "model"]),
                       budget("all", "10")).start()
    key = gateway.issue()
    upstream.answers(Message(usage=CHEAP))
    assert gateway.messages(key).status == 200
    gateway.ledger.settle()
    return gateway


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_a_full_disk_is_a_failure(used, question):
    with open("/dev/full", "w") as full:
        done = subprocess.run([binary(), *question, "--config", used.file], env=used.environment, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1 and "No space left on device" in done.stderr, done


def test_a_closed_output_is_a_failure_and_a_reader_that_went_away_is_not(used):
    command = [str(binary()), "report", "--config", str(used.file)]
    closed = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *command], env=used.environment, capture_output=True, text=True, timeout=60)
    assert closed.returncode == 1 and "cannot write" in closed.stderr
    gone = subprocess.run(["bash", "-c", '"$@" 2>noise | true; echo ${PIPESTATUS[0]}; cat noise', "bash", *command, "--format", "html"],
                          env=used.environment, cwd=used.folder, capture_output=True, text=True, timeout=60)
    assert gone.stdout == "0\n", gone


@pytest.mark.parametrize("wrong, word", [
    (["report", "--since", "gestern"], "--since gestern"), (["report", "--until", "1.5d"], "--until 1.5d"), (["report", "--by", "tema"], "tema"),
    (["report", "--where", "platform"], "--where platform"), (["report", "--format", "xml"], "--format xml"),
    (["report", "--where", "user=Doe, Jane"], "\\,"), (["report", "--cache", "--by", "tema"], "tema"), (["report", "--forecast", "--by", "day"], "time"),
    (["report", "--format", "focus", "--where", "model=x"], "team, user, project and key"), (["sessions", "--since", "soon"], "--since soon"),
    (["budgets", "verify", "--since", "soon"], "--since soon"),
    (["report", "--since", "2026-11-21", "--until", "2026-11-20"], "--since 2026-11-21 is not before --until 2026-11-20"),
    (["report", "reconcile", "--provider", "main", "--file", "/dev/null", "--since", "x"], "/dev/null"),
    (["budgets", "raise", "mine", "--by", "5", "--for", "1h", "--scope", "alice"], "--scope user=VALUE"),
    (["budgets", "raise", "mine", "--by", "5", "--for", "1h", "--scope", "team=platform"], "for each value of user"),
    (["budgets", "raise", "mine", "--by", "5", "--for", "1h", "--scope", "user=a,b"], "\\,"),
    (["budgets", "raise", "mine", "--by", "5", "--for", "1h", "--scope", ""], "--scope user=VALUE"),
    (["budgets", "raise", "both", "--by", "5", "--for", "1h", "--scope", "user=alice"], "--scope user=VALUE,model=VALUE"),
    (["budgets", "raise", "all", "--by", "5", "--for", "1h", "--scope", "user=alice"], "leave --scope out"),
    (["keys", "issue", "--user", ""], "--user"), (["keys", "issue", "--user", "  "], "--user"), (["keys", "issue", "--user", "a", "--team", ""], "--team"),
    (["keys", "issue", "--user", "a", "--expires", "0d"], "--expires 0d"), (["keys", "issue", "--user", "a", "--expires", "2020-01-01T00:00:00Z"], "--expires"),
    (["keys", "issue", "--virtual-account", ""], "--virtual-account"),
    (["keys", "issue", "--user", "a", "--expires", "100000d"], "--expires 100000d is no duration up to 36500d"),
    (["keys", "rotate", "key_1", "--grace", "106751d"], "--grace 106751d"), (["budgets", "raise", "mine", "--by", "5", "--for", "100000d"], "--for 100000d"),
    (["budgets", "raise", "mine", "--by", "5", "--for", "0s"], "--for 0s is over at once"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_a_wrong_command_line_exits_with_2_and_changes_nothing(used, wrong, word):
    before = used.run("keys", "list", "--json").stdout, json.loads(used.run("budgets", "--json").stdout)["raises"]
    done = used.run(*wrong, code=2)
    assert word in done.stderr and not done.stdout, done
    assert (used.run("keys", "list", "--json").stdout, json.loads(used.run("budgets", "--json").stdout)["raises"]) == before


def test_scopes_that_a_rule_has_are_raised(used):
    for rule, scope in (("mine", "user=alice"), ("mine", "user=Doe\\, Jane"), ("both", "user=alice,model=claude-sonnet-5-5"), ("mine", "user=")):
        used.run("budgets", "raise", rule, "--by", "5", "--for", "1h", "--scope", scope)
    raises = json.loads(used.run("budgets", "--json").stdout)["raises"]
    assert [entry["amount_nano_usd"] for entry in raises] == [5 * 10**9] * 4 and raises[0]["unit"] == "cost_per_day"


def test_one_reader_of_times(used):
    for moment in ("2026-11-22", "2026-11-22T08:00:00Z", "today", "yesterday", "7d", "1h30m", "90s", "4w"):
        for command in (["report"], ["budgets", "verify"], ["sessions"]):
            used.run(*command, "--since", moment)
    for command in (["report"], ["report", "--cache"], ["report", "--activity"]):
        used.run(*command, "--until", "2262-04-11T23:47:16.854775807Z")


EVIL = "\x1b[2Jeve\n李小龍"


def test_names_cannot_steer_a_terminal_and_columns_stay_under_each_other(make_gateway, upstream):
    """No such name is taken any more; ledgers of before may have some."""
    gateway = governed(make_gateway, budget("mine", "10", budget_applies_per=["user"]))
    assert "control character" in gateway.run("keys", "issue", "--user", EVIL, code=2).stderr
    keys = [gateway.issue(user=name, team="👩‍💻 " + name) for name in ("eve", "alice")]
    with sqlite3.connect(gateway.folder / "data" / "ledger.sqlite3") as database:
        database.execute("UPDATE keys SET user = ?, team = ? WHERE user = 'eve'", (EVIL, "👩‍💻 " + EVIL))
    gateway.start()
    upstream.answers(*[Message(usage=CHEAP)] * 2)
    for key in keys:
        assert gateway.messages(key).status == 200
    gateway.ledger.settle()
    gateway.run("budgets", "raise", "mine", "--by", "1", "--for", "1h", "--reason", EVIL)
    eventually(lambda: "alice" in gateway.run("budgets").stdout, "the accounts are saved")
    for command in (["keys", "list"], ["budgets"], ["report", "--by", "user"], ["sessions", "--all"], ["explain", "--model", "claude-sonnet-5-5", "--user", EVIL]):
        text = gateway.run(*command).stdout
        assert not [letter for letter in text if unicodedata.category(letter) == "Cc" and letter != "\n"], text
        assert len(text.splitlines()) == len(text.split("\n")) - 1, text
    lines = gateway.run("report", "--by", "user").stdout.splitlines()
    cells = [sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line) for line in lines if "$" in line]
    assert len(set(cells)) == 1, lines


def test_a_comma_of_a_name_is_told_by_a_backslash(make_gateway, upstream):
    gateway = make_gateway().start()
    names = ["Doe, Jane", "alice", "CORP\\bob"]
    upstream.answers(*[Message(usage=CHEAP)] * len(names))
    for name in names:
        assert gateway.messages(gateway.issue(user=name)).status == 200
    gateway.ledger.settle()

    def found(*conditions):
        where = [word for condition in conditions for word in ("--where", condition)]
        return sorted(row["user"] for row in gateway.report("--by", "user", *where)["rows"])

    assert found("user=Doe\\, Jane") == ["Doe, Jane"]
    assert found("user=alice,Doe\\, Jane") == found("user=alice", "user=Doe\\, Jane") == ["Doe, Jane", "alice"], "alternatives"
    assert found("user=CORP\\bob") == ["CORP\\bob"]
    assert found("user=alice", "team=data") == [], "other columns narrow"
