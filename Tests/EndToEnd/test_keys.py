"""Keys: issued, listed, rotated, expired and revoked while the gateway runs, and never to be seen again."""

import json
import shutil

import pytest

from expectations import is_our_error
from governed import audited
from rig.gateway import Key, now, prompt
from rig.waiting import eventually


def status(gateway, key):
    return gateway.messages(key).status


def listed(gateway):
    return json.loads(gateway.run("keys", "list", "--json").stdout)


def test_a_key_is_shown_once_and_kept_as_a_hash(gateway):
    key = gateway.issue("--metadata", "project=atlas", "--metadata", "cost_center=42")
    assert key.secret not in gateway.run("keys", "list", "--json").stdout + gateway.run("keys", "list").stdout
    for file in (gateway.folder / "data").rglob("*"):
        assert not file.is_file() or key.secret.encode() not in file.read_bytes(), file
    entry = next(entry for entry in listed(gateway) if entry["id"] == key.id)
    assert entry["user"] == "alice" and entry["team"] == "platform"
    assert entry["metadata"] == {"project": "atlas", "cost_center": "42"}


def test_quiet_prints_the_key_alone(gateway):
    done = gateway.run("keys", "issue", "--user", "bob", "--team", "data", "--quiet")
    secret = done.stdout.strip()
    assert done.stdout == secret + "\n" and " " not in secret
    assert status(gateway, Key("", secret)) == 200


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "both", "x-tollgate-api-key", "x-tfy-api-key"])
def test_a_key_is_taken_in_each_header(gateway, key, header):
    bearer = {"authorization": f"Bearer {key.secret}"}
    headers = {"both": {**bearer, "x-api-key": key.secret}, "authorization": bearer}.get(header, {header: key.secret})
    assert gateway.messages(None, headers=headers).status == 200


def test_one_good_key_of_two_is_enough_only_if_it_comes_first(gateway, key):
    """Claude Code with both variables set sends two different values: the decision must not hang on luck."""
    answers = [
        gateway.messages(None, headers={"authorization": f"Bearer {key.secret}", "x-api-key": "sk-ant-other"}).status,
        gateway.messages(None, headers={"authorization": "Bearer sk-ant-other", "x-api-key": key.secret}).status,
    ]
    assert set(answers) <= {200, 401} and 200 in answers
    assert answers == [
        gateway.messages(None, headers={"x-api-key": "sk-ant-other", "authorization": f"Bearer {key.secret}"}).status,
        gateway.messages(None, headers={"x-api-key": key.secret, "authorization": "Bearer sk-ant-other"}).status,
    ], "the order of the headers decides nothing"


def test_a_key_issued_while_the_gateway_runs_is_good_at_once(gateway):
    key = gateway.issue()
    began = now()
    eventually(lambda: status(gateway, key) == 200, "the new key is taken", 1)
    assert now() - began < 1


def test_a_revoked_key_is_refused_within_a_second(gateway, key):
    other = gateway.issue(user="bob")
    assert status(gateway, key) == 200
    gateway.run("keys", "revoke", key.id)
    eventually(lambda: status(gateway, key) == 401, "the revoked key is refused", 1)
    is_our_error(gateway.messages(key), 401, "authentication_error")
    assert status(gateway, other) == 200


def test_whose_key_is_used_though_it_was_revoked_is_seen(gateway, key):
    """It counts as nobody's request; but who lost the key has to learn that somebody has it."""
    old = gateway.issue("--expires", "1s", user="bob")
    gateway.run("keys", "revoke", key.id)
    for refused in (key, old):
        answer = eventually(lambda: (a := gateway.messages(refused)).status == 401 and a, "it is refused")
        (line,) = audited(gateway, "refuse", request_id=answer.header("request-id"))
        assert (line["actor"], line["details"]["key_id"]) == ("", refused.id)
        (logged,) = gateway.logged(answer.header("request-id"))
        assert logged["key_id"] == refused.id and "user" not in logged
        assert refused.id not in answer.body.decode()
    stranger = gateway.messages(Key("", "tgk_" + "A" * 43))
    (line,) = audited(gateway, "refuse", request_id=stranger.header("request-id"))
    assert "key_id" not in line["details"]


def test_a_rotated_key_lives_through_its_grace_period(gateway, key):
    made = json.loads(gateway.run("keys", "rotate", key.id, "--grace", "1h", "--json").stdout)
    fresh = Key(made["id"], made["key"])
    assert fresh.secret != key.secret and made["user"] == "alice"
    eventually(lambda: status(gateway, fresh) == 200, "the new key is taken", 1)
    assert status(gateway, key) == 200


def test_a_rotated_key_dies_after_its_grace_period(gateway, key):
    made = json.loads(gateway.run("keys", "rotate", key.id, "--grace", "1s", "--json").stdout)
    eventually(lambda: status(gateway, key) == 401, "the old key is refused", 4)
    assert status(gateway, Key(made["id"], made["key"])) == 200


def test_an_expired_key_is_refused(gateway):
    key = gateway.issue("--expires", "1s")
    eventually(lambda: status(gateway, key) == 401, "the expired key is refused", 4)
    assert "expired" in gateway.messages(key).error[1]


def test_a_keys_tags_hold_no_credential(gateway):
    secret = "sk-ant-api03-" + "x" * 40
    for pair in (f"project={secret}", f"{secret}=x"):
        done = gateway.run("keys", "issue", "--user", "bob", "--metadata", pair, code=2)
        assert "credential" in done.stderr and secret not in done.stderr + done.stdout


def test_a_key_can_be_made_to_expire(gateway, key):
    gateway.run("keys", "expire", key.id)
    eventually(lambda: status(gateway, key) == 401, "the key is refused", 2)


def test_keys_can_be_issued_before_the_gateway_runs(make_gateway):
    gateway = make_gateway()
    key = gateway.issue()
    gateway.start()
    assert status(gateway, key) == 200


def test_a_key_that_made_a_ledger_of_its_own_says_so(gateway):
    words = "there was no ledger in"
    assert words not in gateway.run("keys", "issue", "--user", "bob").stderr
    data = gateway.folder / "data"
    data.rename(gateway.folder / "elsewhere")
    assert f"{words} {data}" in gateway.run("keys", "issue", "--user", "bob", "--quiet").stderr
    shutil.rmtree(data)
    (gateway.folder / "elsewhere").rename(data)


def test_revoking_while_it_is_stopped_counts(make_gateway):
    gateway = make_gateway().start()
    key = gateway.issue()
    gateway.stop()
    gateway.run("keys", "revoke", key.id)
    gateway.restart()
    assert status(gateway, key) == 401


def test_keys_are_issued_and_revoked_whatever_else_is_wrong_with_the_file(gateway, key):
    """The gateway goes on with the configuration it has; a key that is known must not live until somebody mends the file."""
    gateway.config["nope"] = gateway.config["providers"][0]["api_key"] = "${GONE}"
    gateway.write()
    gateway.file.write_text(gateway.file.read_text().replace('"nope"', '"nope": 1, "nope"', 1))
    gateway.run("check", code=2)
    second = gateway.issue(user="bob")
    eventually(lambda: status(gateway, second) == 200, "the new key is taken", 2)
    gateway.run("keys", "revoke", key.id)
    eventually(lambda: status(gateway, key) == 401, "the old one is not", 2)
    gateway.config["data"] = "${GONE}"
    gateway.write()
    assert "data: the environment variable GONE is not set" in gateway.run("keys", "list", code=2).stderr


def test_groups_and_service_accounts_stay_with_a_key(gateway):
    made = json.loads(gateway.run(
        "keys", "issue", "--virtual-account", "ci", "--group", "senior", "--group", "platform", "--json").stdout)
    assert (made["user"], made["virtual_account"]) == ("virtualaccount:ci", "ci")
    fresh = json.loads(gateway.run("keys", "rotate", made["id"], "--json").stdout)
    for entry in (fresh, *listed(gateway)[-2:]):
        assert (entry["user"], entry["virtual_account"], entry["groups"]) == (
            "virtualaccount:ci", "ci", ["senior", "platform"])
    assert "senior,platform" in gateway.run("keys", "list").stdout
    assert status(gateway, Key(fresh["id"], fresh["key"])) == 200
    assert gateway.ledger.closed(1)[-1]["user"] == "virtualaccount:ci"


@pytest.mark.parametrize("arguments", [
    ["--user", "alice", "--virtual-account", "ci"], ["--user", "virtualaccount:ci"], ["--virtual-account", ""], [],
    ["--user", "alice", "--group", ""], ["--user", "alice", "--group", "a,,b"], ["--user", "alice", "--group", "g" * 513],
], ids=" ".join)
def test_a_key_is_for_one_holder_and_groups_have_names(gateway, arguments):
    done = gateway.run("keys", "issue", *arguments, code=None)
    assert done.returncode != 0 and done.stderr.strip() and not done.stdout.strip()
    assert listed(gateway) == []


@pytest.mark.parametrize("arguments", [
    ["--user", "a" * 129], ["--user", "alice", "--team", "t" * 129], ["--virtual-account", "v" * 114], ["--user", "a\nb"],
], ids=lambda arguments: arguments[-2])
def test_a_name_that_the_ledger_would_cut_is_refused(gateway, arguments):
    """Two people with the same 128 bytes before would be charged as one."""
    done = gateway.run("keys", "issue", *arguments, code=None)
    assert done.returncode != 0 and f"{arguments[-2]} has {len(arguments[-1])} bytes" in done.stderr and "at most 1" in done.stderr
    assert listed(gateway) == []
    fits = [*arguments[:-1], "n" * (113 if arguments[-2] == "--virtual-account" else 128)]
    assert json.loads(gateway.run("keys", "issue", "--json", *fits).stdout)["user"]


@pytest.mark.parametrize("action, option", [
    ("rotate", "expires"), ("revoke", "grace"), ("issue", "grace"), ("expire", "grace"), ("list", "user")])
def test_an_option_that_would_be_passed_over_is_refused(gateway, key, action, option):
    words = {"list": [], "issue": ["--user", "bob"]}.get(action, [key.id])
    done = gateway.run("keys", action, *words, f"--{option}", "30d", code=None)
    assert done.returncode != 0 and f"--{option} has no meaning here" in done.stderr
    assert [entry["status"] for entry in listed(gateway)] == ["active"], "nothing was done"


@pytest.mark.parametrize("arguments", [
    ["keys", "revoke", "no-such-key"], ["keys", "issue", "--expires", "soon"], ["keys", "issue", "--metadata", "noequals"],
    ["keys", "frobnicate"], ["keys", "rotate"],
], ids=" ".join)
def test_mistakes_are_named(gateway, arguments):
    done = gateway.run(*arguments, code=None)
    assert done.returncode != 0 and done.stderr.strip() and not done.stdout.strip()


def test_a_key_from_the_configuration(make_gateway):
    gateway = make_gateway()
    gateway.environment["BOOTSTRAP_KEY"] = "tg-bootstrap-0123456789abcdef"
    gateway.config["credentials"] = {"keys": [{"key": "${BOOTSTRAP_KEY}", "user": "carol", "team": "ops"}]}
    gateway.start()
    assert status(gateway, Key("", "tg-bootstrap-0123456789abcdef")) == 200
    row = gateway.ledger.closed(1)[0]
    assert (row["user"], row["team"]) == ("carol", "ops")


def test_groups_and_service_accounts_of_configured_keys_count(make_gateway):
    gateway = make_gateway()
    secrets = {"junior": "long-enough-key-of-a-junior", "bot": "long-enough-key-of-a-bot", "senior": "long-enough-key-of-a-senior"}
    gateway.config["credentials"] = {"keys": [
        {"key": secrets["junior"], "user": "eve", "groups": ["junior"]}, {"key": secrets["senior"], "user": "ada", "groups": ["senior"]},
        {"key": secrets["bot"], "virtual_account": "bot"}]}
    gateway.config["access"] = [
        {"id": "juniors", "when": {"groups": ["junior"]}, "deny": {"models": ["claude-*"]}},
        {"id": "bots", "when": {"virtual_accounts": ["bot"]}, "deny": {"models": ["claude-*"]}}]
    gateway.start()
    for name, status in (("junior", 400), ("bot", 400), ("senior", 200)):
        assert gateway.messages(None, headers={"x-api-key": secrets[name]}).status == status, name
    (row,) = gateway.ledger.closed(1)
    assert row["groups"] == "senior"
    explained = gateway.run("explain", "--model", prompt()["model"], "--key", row["key_id"]).stdout
    assert "user ada, groups senior" in explained and "not about it: juniors (groups), bots (virtual_accounts)" in explained
