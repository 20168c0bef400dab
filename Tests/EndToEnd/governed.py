"""Gateways with rules, and what budgets, audit and ledger say of them."""

import contextlib
import json

from rig.gateway import prompt
from rig.waiting import eventually

DOLLAR = 1_000_000_000
CHEAP = {"input_tokens": 1000, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 100}


def budget(identity, limit, unit="cost_per_day", **more):
    return {"id": identity, "limit_to": limit, "unit": unit, **more}


def limit(identity, most, unit, **more):
    return {"id": identity, "limit_to": most, "unit": unit, **more}


def governed(make_gateway, *budgets, **config):
    """A gateway that is not started yet, with budgets and whatever else its configuration is to have."""
    gateway = make_gateway()
    if budgets:
        gateway.config["budgets"] = list(budgets)
    gateway.config.update(config)
    return gateway


def dear(**more):
    """A request whose answer may use what the tests let it use."""
    return prompt(max_tokens=4000, **more)


def spent(gateway):
    return sum(row["cost_nano_usd"] for row in gateway.ledger.requests)


def listed(gateway):
    return json.loads(gateway.run("budgets", "--json").stdout)


def verify(gateway, code=0):
    """The ledger proves each admission and each refusal."""
    return json.loads(gateway.run("budgets", "verify", "--json", code=code).stdout)


def settled(gateway):
    """What the accounts come to by the ledger's proof, nano-dollars or tokens: by rule and scope."""
    gateway.ledger.settle()
    report = verify(gateway)
    assert report["findings"] == [], report
    return {(account["rule"], account["scope"]): account["settled"] for account in report["accounts"]}


def costs(gateway):
    """Of each attempt, in order: provider, cost and tokens."""
    gateway.ledger.settle()
    names = ("input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens", "output_tokens")
    return [(row["provider"], row["cost_nano_usd"], sum(row[name] for name in names)) for row in gateway.ledger.attempts]


def audited(gateway, action, count=1, seconds=5, **details):
    """At least so many lines of the audit, their details read."""
    def found():
        rows = gateway.ledger.rows("SELECT * FROM audit WHERE action = ? ORDER BY at", action)
        read = [{**row, "details": json.loads(row["details"] or "{}")} for row in rows]
        fitting = [row for row in read if details.items() <= row["details"].items()]
        return len(fitting) >= count and fitting
    return eventually(found, f"{count} lines of {action} with {details} in the audit", seconds)


@contextlib.contextmanager
def asked(gateway, key, body=None, headers=None):
    """A request whose answer is read later, or never."""
    data = json.dumps(body or prompt(stream=True)).encode()
    credential = {"authorization": f"Bearer {key.secret}", "content-type": "application/json"}
    with gateway.connect() as connection:
        connection.request("POST", "/v1/messages", {**credential, **(headers or {})}, data)
        yield connection
