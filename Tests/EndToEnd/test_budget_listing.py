"""What is shown of accounts is how they stand: after a kill, a restart, a reload and a raise, also of accounts that nobody has used since."""

import re

from governed import CHEAP, asked, budget, governed, listed, spent
from rig.answers import Message
from rig.waiting import eventually


def shown(gateway, rule, scope=""):
    """Settled, reserved and limit, in nano-dollars; None if there is no such account."""
    for account in listed(gateway)["accounts"]:
        if (account["rule"], account["scope"]) == (rule, scope):
            return tuple(account[f"{name}_nano_usd"] for name in ("settled", "reserved", "limit"))
    return None


def saved(gateway, rule):
    rows = gateway.ledger.rows("SELECT settled, reserved, exposure, limit_to FROM budget_accounts WHERE rule = ?", rule)
    return tuple(rows[0].values()) if rows else (0, 0, 0, 0)


def once(gateway, upstream, key):
    upstream.answers(Message(usage=CHEAP))
    assert gateway.messages(key).status == 200
    gateway.ledger.settle()


def test_nothing_is_in_flight_after_a_kill(make_gateway, upstream):
    gateway = governed(make_gateway, budget("mine", "10", budget_applies_per=["user"])).start()
    key = gateway.issue()
    once(gateway, upstream, key)
    gate = upstream.gate()
    upstream.answers(Message(usage=CHEAP, gate=gate))
    with asked(gateway, key):
        eventually(lambda: saved(gateway, "mine")[1] > 0, "what is held is saved")
        assert shown(gateway, "mine", "user=alice")[1] > 0
        gateway.kill()
    stopped = shown(gateway, "mine", "user=alice")
    gateway.restart()
    gate.open()
    assert shown(gateway, "mine", "user=alice") == stopped == (spent(gateway), 0, 10_000_000_000)
    assert saved(gateway, "mine") == (spent(gateway), 0, 0, 10_000_000_000), "the table says the same"


def test_what_was_not_used_since_the_start_follows_the_file_and_the_raises(make_gateway, upstream):
    gateway = governed(make_gateway, budget("mine", "10", budget_applies_per=["user"])).start()
    for name in ("alice", "bob"):
        once(gateway, upstream, gateway.issue(user=name))
    gateway.stop()
    gateway.restart()
    one = spent(gateway) // 2
    gateway.config["budgets"] = [budget("mine", "20", budget_applies_per=["user"]), budget("all", "30")]
    gateway.reload()
    assert shown(gateway, "mine", "user=alice") == (one, 0, 20_000_000_000)
    assert shown(gateway, "all") == (2 * one, 0, 30_000_000_000), "a new budget begins with what was spent"
    gateway.run("budgets", "raise", "mine", "--by", "5", "--for", "1h")
    once(gateway, upstream, gateway.issue(user="bob"))
    eventually(lambda: shown(gateway, "mine", "user=bob") == (2 * one, 0, 25_000_000_000), "who has used it")
    assert shown(gateway, "mine", "user=alice") == (one, 0, 25_000_000_000), "who has not"
    text = gateway.run("explain", "--model", "claude-sonnet-5-5", "--user", "alice").stdout
    assert re.search(r"of \$25\.0000 settled", text), text
    page = gateway.run("report", "--format", "html").stdout
    assert page.count("$25.0000") == 2 and "$30.0000" in page
    gateway.config["budgets"] = [budget("all", "30")]
    gateway.reload()
    assert [account["rule"] for account in listed(gateway)["accounts"]] == ["all"], "a budget that is gone is not shown"
