"""The ledger as a FOCUS dataset: accepted by the FinOps Foundation's validator, and equal to the report to the nano-dollar."""

import csv
import io
import json
import random
import re
import time
from decimal import Decimal

import pytest

from rig import focus
from rig.answers import Message, error
from rig.gateway import prompt
from rig.history import TOKENS, History
from virtual import ask


def records(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def spent(make, upstream, second):
    """Two teams, three models, a fallback that was charged twice, a model without a price, a hostile name."""
    gateway, key = make()
    bob = gateway.issue("--metadata", "project=atlas", user="bob", team="data")
    evil = gateway.issue(user='=cmd|"/c calc"!A1', team="+SUM(1),\"x\"")
    for number in range(3):
        upstream.answers(Message(usage={
            "input_tokens": 7 * number + 1, "cache_creation_input_tokens": 900, "cache_write_1h": 300,
            "cache_read_input_tokens": 30000 + number, "output_tokens": 41 + number}))
        gateway.messages(key)
    upstream.answers(Message())
    gateway.messages(bob, {**prompt(), "model": "claude-opus-5-5"})
    upstream.answers(Message())
    gateway.messages(evil)
    upstream.answers(error(500, "api_error"))
    second.answers(Message())
    ask(gateway, key)
    upstream.answers(Message())
    gateway.messages(bob, {**prompt(), "model": "claude-unheard-of-9"})
    gateway.ledger.closed(7)
    return gateway


def test_the_validator_accepts_it(spent, tmp_path):
    if not focus.validator():
        pytest.skip("the FOCUS validator needs Python 3.12")
    file = tmp_path / "focus.csv"
    file.write_text(spent.run("report", "--format", "focus").stdout, newline="")
    done = focus.validate(file, tmp_path)
    verdicts = dict(re.findall(r"([\w-]+): (PASS|FAIL)", done.stdout))
    # Of two rules one must hold: a charge has an invoice, and its id, or none of both. No invoice is known here.
    failed = {rule for rule, verdict in verdicts.items() if verdict == "FAIL"} - {"InvoiceId-C-005-C"}
    assert done.returncode == 0 and not failed, (failed, done.stdout[-3000:], done.stderr[-3000:])
    assert verdicts["InvoiceId-C-003-C"] == "PASS" and list(verdicts.values()).count("PASS") > 250


def test_the_validator_would_find_a_mistake(spent, tmp_path):
    if not focus.validator():
        pytest.skip("the FOCUS validator needs Python 3.12")
    file = tmp_path / "focus.csv"
    file.write_text(spent.run("report", "--format", "focus").stdout.replace(",Usage,", ",Usages,"), newline="")
    assert "ChargeCategory-C-003-M: FAIL" in focus.validate(file, tmp_path).stdout


def test_it_takes_no_switch_of_other_forms(spent):
    assert "--all-rows has no meaning here" in spent.run("report", "--format", "focus", "--all-rows", code=2).stderr


def test_its_sums_are_the_ledgers(spent):
    rows = records(spent.run("report", "--format", "focus").stdout)
    report = spent.report("--by", "team,user,model")
    assert sum(Decimal(row["BilledCost"]) for row in rows) * 10**9 == report["total"]["cost_nano_usd"] > 0
    for kind in ("input", "cache_write_5m", "cache_write_1h", "cache_read", "output"):
        tokens = sum(Decimal(row["ConsumedQuantity"]) for row in rows if row["x_TokenClass"] == kind)
        assert tokens == report["total"][f"{kind}_tokens"], kind
    for row in rows:
        assert row["BilledCost"] == row["EffectiveCost"] == row["ContractedCost"]
        quantity = Decimal(row["PricingQuantity"]) * (1 if row["x_TokenClass"] == "web_search" else 10**6)
        assert quantity == Decimal(row["ConsumedQuantity"])
        assert abs(Decimal(row["ContractedUnitPrice"]) * Decimal(row["PricingQuantity"]) - Decimal(row["BilledCost"])) < Decimal("1e-9")
        assert row["ChargePeriodStart"] < row["ChargePeriodEnd"] and row["ChargePeriodStart"].endswith("T00:00:00Z")


def test_a_class_costs_what_its_price_says(spent):
    rows = records(spent.run("report", "--format", "focus", "--where", "team=platform").stdout)
    reads = [row for row in rows if row["x_TokenClass"] == "cache_read" and row["SkuId"].startswith("anthropic/claude-sonnet-5-5")]
    writes = [row for row in rows if row["x_TokenClass"] == "cache_write_1h" and row["SkuId"].startswith("anthropic/claude-sonnet-5-5")]
    outputs = [row for row in rows if row["x_TokenClass"] == "output" and row["SkuId"].startswith("anthropic/claude-sonnet-5-5")]
    price = lambda row: float(row["ContractedUnitPrice"])
    assert price(writes[0]) == pytest.approx(price(outputs[0]) * 0.4, rel=1e-3), "an hour's write costs twice, output five times the input"
    assert price(reads[0]) == pytest.approx(price(outputs[0]) * 0.01, rel=1e-2)


def test_the_list_cost_of_what_costs_nothing_here(make_gateway):
    """One's own price is 0: at the built-in prices it is not."""
    gateway = make_gateway()
    file = gateway.folder / "own.prices"
    file.write_text("\ufeffclaude-sonnet-5-5 - - 0 0 0 0 0\n", encoding="utf-8")
    gateway.config["prices"] = [str(file)]
    gateway.start()
    history = History(gateway)
    history.add(time.time() - 86400, {"input_tokens": 1000, "cache_read_tokens": 50_000, "output_tokens": 300}, cost_nano_usd=0, price_version="own.prices/claude-sonnet-5-5")
    history.write()
    rows = {row["x_TokenClass"]: row for row in records(gateway.run("report", "--format", "focus").stdout)}
    assert {kind: Decimal(row["ListCost"]) * 10**9 for kind, row in rows.items()} == {"input": 1000 * 2000, "cache_read": 50_000 * 100, "output": 300 * 10_000}
    assert all(Decimal(row["BilledCost"]) == 0 for row in rows.values())


def test_the_list_cost_has_the_surcharge_of_the_region_and_searches_have_none(make_gateway):
    """One's own price has no surcharge, the built-in one has a tenth for a geography's profile."""
    gateway, model = make_gateway(), "us.anthropic.claude-sonnet-5-5-v1:0"
    file = gateway.folder / "own.prices"
    file.write_text("claude-sonnet-5-5 - - 1 5 1.25 2 0.05 platform=bedrock\n")
    gateway.config["prices"] = [str(file)]
    gateway.config["providers"].append({"name": "aws", "kind": "bedrock", "region": "us-east-1", "aws": {"access_key_id": "AKIAEXAMPLE", "secret_access_key": "x"}})
    gateway.start()
    history = History(gateway)
    history.add(time.time() - 86400, {"input_tokens": 1000, "output_tokens": 300}, cost_nano_usd=1000 * 1000 + 300 * 5000 + 2 * 10**7, web_search_requests=2,
                provider="aws", provider_kind="bedrock", model_served=model, price_version="own.prices/claude-sonnet-5-5")
    history.write()
    rows = {row["x_TokenClass"]: row for row in records(gateway.run("report", "--format", "focus").stdout)}
    nanos = lambda column: {kind: Decimal(row[column]) * 10**9 for kind, row in rows.items()}
    assert nanos("BilledCost") == {"input": 1000 * 1000, "output": 300 * 5000, "web_search": 2 * 10**7}
    assert nanos("ListCost") == {"input": 1000 * 2200, "output": 300 * 11_000, "web_search": 2 * 10**7}


def test_tags_and_accounts(spent):
    rows = records(spent.run("report", "--format", "focus").stdout)
    tags = [json.loads(row["Tags"]) for row in rows]
    assert any(tag == {"user": "bob", "team": "data", "project": "atlas", "model": "claude-opus-5-5"} for tag in tags)
    assert {row["BillingAccountId"] for row in rows} == {"first", "last"}
    assert {row["ProviderName"] for row in rows} == {"Anthropic"} == {row["PublisherName"] for row in rows}
    assert {row["SubAccountId"] for row in rows} >= {"platform", "data"}


def test_nothing_in_it_is_a_formula(spent):
    for text in (spent.run("report", "--format", "focus").stdout, spent.run("report", "--by", "user,team", "--format", "csv").stdout):
        rows = list(csv.reader(io.StringIO(text)))
        assert len({len(row) for row in rows}) == 1
        for row in rows:
            assert not any(cell[:1] in "=+@\t\r\n-" for cell in row if cell), row
    exact = spent.report("--by", "user,team")["rows"]
    assert ('=cmd|"/c calc"!A1', '+SUM(1),"x"') in {(row["user"], row["team"]) for row in exact}


def test_no_text_begins_a_cell_where_semicolons_end_them(gateway):
    name = 'x;=1+1;"@2"'
    history = History(gateway)
    history.add(time.time() - 60, {"output_tokens": 1}, user=name, team=name, project=name)
    history.write()
    for arguments in (("--format", "focus"), ("--by", "user,team,project", "--format", "csv")):
        text = gateway.run("report", *arguments).stdout
        cells = [cell for row in csv.reader(io.StringIO(text), delimiter=";") for cell in row]
        assert len(cells) > 2 and not any(cell[:1] in "=+@\t\r\n-" for cell in cells if cell), cells
    (row,) = csv.DictReader(io.StringIO(gateway.run("report", "--format", "focus").stdout))
    assert json.loads(row["Tags"])["user"] == name


def test_what_it_cannot_be_chosen_by(spent):
    assert "by team, user, project and key" in spent.run("report", "--format", "focus", "--where", "model=x", code=2).stderr
    assert "no meaning" in spent.run("report", "--format", "focus", "--by", "team", code=2).stderr


@pytest.mark.parametrize("seed", range(4))
def test_all_reports_have_the_same_sums(make_gateway, seed):
    """A ledger drawn at random: whatever is asked, and however it is told apart, it adds up to the rows."""
    gateway, draw = make_gateway(), random.Random(seed)
    gateway.start()
    history, now = History(gateway), time.time()
    count = lambda: draw.choice((0, 1, draw.randrange(1000), draw.randrange(10**9)))
    for _ in range(300):
        tokens = {name: count() for name in TOKENS}
        attempts = None if draw.random() < 0.8 else [
            {**{name: count() for name in TOKENS}, "cost_nano_usd": count(), "provider": draw.choice(("main", "other"))} for _ in range(draw.randrange(2, 5))]
        if attempts:
            tokens = {name: sum(attempt[name] for attempt in attempts) for name in TOKENS}
        history.add(now - draw.randrange(70 * 86400), tokens, attempts=attempts, user=f"user-{draw.randrange(4)}", team=draw.choice(("a", "b", "")),
                    cost_nano_usd=sum(attempt["cost_nano_usd"] for attempt in attempts) if attempts else count(), web_search_requests=draw.randrange(3) if not attempts else 0,
                    model_served=draw.choice(("claude-sonnet-5-5", "claude-opus-5-5", "nobody-knows", "gpt-5")), provider=draw.choice(("main", "other")))
    history.write()
    rows = gateway.ledger.rows(f"SELECT sum(cost_nano_usd) cost, {', '.join(f'sum({name}) {name}' for name in TOKENS)} FROM requests")[0]
    since = ("--since", "2020-01-01")
    for by in ("day", "week", "month", "team,user", "model,provider", "session", "day,team,model"):
        report = gateway.report("--by", by)
        assert report["total"]["cost_nano_usd"] == rows["cost"] == sum(row["cost_nano_usd"] for row in report["rows"]), by
        for name in TOKENS:
            assert report["total"][name] == rows[name] == sum(row[name] for row in report["rows"]), (by, name)
    focus = records(gateway.run("report", "--format", "focus").stdout)
    assert sum(Decimal(row["BilledCost"]) for row in focus) * 10**9 == rows["cost"]
    for name in TOKENS:
        kind = name.removesuffix("_tokens")
        assert sum(Decimal(row["ConsumedQuantity"]) for row in focus if row["x_TokenClass"] == kind) == rows[name], name
    for by in ("model", "team"):
        whatif = json.loads(gateway.run("report", "what-if", "--map", "opus=sonnet", "--by", by, *since, "--format", "json").stdout)
        assert whatif["total"]["actual_nano_usd"] == rows["cost"] == sum(row["actual_nano_usd"] for row in whatif["rows"])
    slow = json.loads(gateway.run("report", "what-if", "--subagents", "haiku", *since, "--format", "json").stdout)
    assert slow["total"]["actual_nano_usd"] == rows["cost"]
    dry = json.loads(gateway.run("report", "recompute", *since, "--prices", "current", "--dry-run", "--format", "json").stdout)
    assert dry["total"]["old_nano_usd"] == rows["cost"]


def test_an_empty_ledger_has_an_empty_dataset(make_gateway):
    gateway = make_gateway()
    gateway.start()
    assert len(gateway.run("report", "--format", "focus").stdout.splitlines()) == 1
