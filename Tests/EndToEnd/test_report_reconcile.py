"""The ledger beside a provider's own export: a faithful one agrees, and in a doctored one every difference is found and named."""

import collections
import csv
import datetime
import io
import json

import pytest

from rig.history import SONNET, TOKENS, History

UTC = datetime.UTC
TODAY = datetime.datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
CLASSES = dict(zip(("input", "cache_write_5m", "cache_write_1h", "cache_read", "output"), TOKENS))
OPUS = {name: 2 * price for name, price in SONNET.items()}  # claude-opus-5-5: twice claude-sonnet-5-5
PRICES = {"claude-sonnet-5-5": SONNET, "claude-opus-5-5": OPUS}
DAYS = 10


def day(back):
    return (TODAY - datetime.timedelta(days=back)).strftime("%Y-%m-%d")


class Books:
    """What the provider counted: {(day, model): {class: tokens}}."""

    def __init__(self):
        self.tokens = collections.defaultdict(lambda: dict.fromkeys(CLASSES, 0))

    def usage(self):
        """As Anthropic's usage report has it."""
        buckets = collections.defaultdict(list)
        for (when, model), count in sorted(self.tokens.items()):
            buckets[when].append({
                "uncached_input_tokens": count["input"], "cache_read_input_tokens": count["cache_read"], "output_tokens": count["output"],
                "cache_creation": {"ephemeral_5m_input_tokens": count["cache_write_5m"], "ephemeral_1h_input_tokens": count["cache_write_1h"]},
                "server_tool_use": {"web_search_requests": 0}, "model": model + "-20260901", "api_key_id": None, "workspace_id": None,
                "service_tier": "standard", "context_window": "0-200k"})
        return json.dumps({"has_more": False, "next_page": None, "data": [
            {"starting_at": f"{when}T00:00:00Z", "ending_at": f"{when}T23:59:59Z", "results": results} for when, results in buckets.items()]})

    def costs(self, prices=PRICES):
        """As its cost report has it: cents, as decimal texts."""
        names = {"input": "uncached_input_tokens", "cache_write_5m": "cache_creation.ephemeral_5m_input_tokens",
                 "cache_write_1h": "cache_creation.ephemeral_1h_input_tokens", "cache_read": "cache_read_input_tokens", "output": "output_tokens"}
        data = []
        for (when, model), count in sorted(self.tokens.items()):
            data.append({"starting_at": f"{when}T00:00:00Z", "ending_at": f"{when}T23:59:59Z", "results": [
                {"currency": "USD", "amount": f"{tokens * prices[model][CLASSES[kind]] / 1e7:.6f}", "model": model, "token_type": names[kind],
                 "cost_type": "tokens", "description": f"{model} Usage"} for kind, tokens in count.items() if tokens]})
        return json.dumps({"has_more": False, "data": data})

    def console(self):
        """As the Console's table of usage has it."""
        out = io.StringIO()
        columns = ["usage_date_utc", "model_version", "api_key", "workspace", "usage_type", "context_window", "usage_input_tokens_no_cache",
                   "usage_input_tokens_cache_write_5m", "usage_input_tokens_cache_write_1h", "usage_input_tokens_cache_read", "usage_output_tokens",
                   "web_search_count"]
        writer = csv.writer(out)
        writer.writerow(columns)
        for (when, model), count in sorted(self.tokens.items()):
            writer.writerow([when, model, 'a "key", named', "Default", "standard", "≤ 200k", *(count[kind] for kind in CLASSES), 0])
        return "\ufeff" + out.getvalue()

    def console_costs(self):
        """As its table of costs has it: names for people, cents."""
        names = {"input": "input_no_cache", "cache_write_5m": "input_cache_write_5m", "cache_write_1h": "input_cache_write_1h",
                 "cache_read": "input_cache_read", "output": "output"}
        people = {"claude-sonnet-5-5": "Claude Sonnet 5.5", "claude-opus-5-5": "Claude Opus 5.5"}
        lines = ["usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd,cost_type,inference_geo,speed"]
        for (when, model), count in sorted(self.tokens.items()):
            for kind, tokens in count.items():
                amount = tokens * PRICES[model][CLASSES[kind]] / 1e9
                lines.append(f"{when},{people[model]},Default,k,message,≤ 200k,{names[kind]},{amount:.2f},{amount:.2f},token,global,")
        return "\r\n".join(lines)

    def aws(self):
        lines = ["line_item_usage_start_date,line_item_product_code,line_item_line_item_type,line_item_usage_type,pricing_unit,line_item_usage_amount,line_item_unblended_cost"]
        names = {"input": "input-tokens", "cache_write_5m": "cache-write-input-token-count", "cache_read": "cache-read-input-token-count", "output": "output-tokens"}
        for (when, model), count in sorted(self.tokens.items()):
            name = {"claude-sonnet-5-5": "Claude5.5Sonnet", "claude-opus-5-5": "Claude5.5Opus"}[model]
            for kind, suffix in names.items():
                if count[kind]:
                    lines.append(f"{when} 00:00:00,AmazonBedrock,Usage,USE1-{name}-{suffix},1K tokens,{count[kind] / 1000},{count[kind] * PRICES[model][CLASSES[kind]] / 1e9:.10f}")
            lines.append(f"{when} 00:00:00,AmazonEC2,Usage,USE1-BoxUsage:t3.large,Hrs,24,2.0")
        return "\n".join(lines)

    def gcp(self):
        """As Google Cloud's billing export has it: names for people, counts."""
        lines = ["billing_account_id,service.description,sku.description,usage_start_time,usage.amount,usage.unit,cost,currency"]
        names = {"input": "Input Tokens", "cache_write_5m": "Cache Write 5m Input Tokens", "cache_read": "Cache Read Input Tokens", "output": "Output Tokens"}
        people = {"claude-sonnet-5-5": "Claude Sonnet 5.5", "claude-opus-5-5": "Claude Opus 5.5"}
        for (when, model), count in sorted(self.tokens.items()):
            for kind, suffix in names.items():
                if count[kind]:
                    amount = count[kind] * PRICES[model][CLASSES[kind]] / 1e9
                    lines.append(f"01AB-CD,Vertex AI,{people[model]} {suffix},{when} 07:00:00 UTC,{count[kind]},count,{amount:.9f},USD")
            lines.append(f'01AB-CD,Cloud Storage,"Standard Storage US, Multi-region",{when} 07:00:00 UTC,4.5,gibibyte month,0.09,USD')
        return "\n".join(lines)


@pytest.fixture
def books(gateway):
    """Ten days, two models, some requests a day; the provider counted the same."""
    history, books = History(gateway), Books()
    for back in range(1, DAYS + 1):
        for model in PRICES:
            for number in range(4):
                tokens = {"input_tokens": 1000 + back * 10, "cache_write_5m_tokens": 20_000, "cache_read_tokens": 500_000 + number, "output_tokens": 3000 + back}
                price = PRICES[model]
                history.add((TODAY - datetime.timedelta(days=back)).timestamp() + number, tokens, model_served=model,
                            cost_nano_usd=sum(price[name] * count for name, count in tokens.items()))
                count = books.tokens[day(back), model]
                for kind, name in CLASSES.items():
                    count[kind] += tokens.get(name, 0)
    history.write()
    books.gateway, books.history = gateway, history
    return books


def reconcile(books, text, *arguments, code=0, name="export.json"):
    file = books.gateway.folder / name
    file.write_text(text, encoding="utf-8", newline="")
    done = books.gateway.run("report", "reconcile", "--provider", "main", "--file", file, "--format", "json", *arguments, code=code)
    return json.loads(done.stdout) if code < 2 else done.stderr


def reasons(report):
    found = collections.defaultdict(set)
    for row in report["rows"]:
        found[row["reason"]].add((row["day"], row["model"], row["class"]))
    return dict(found)


@pytest.mark.parametrize("form", ["usage", "costs", "console", "console_costs", "aws", "gcp"])
def test_a_faithful_export_agrees(books, form):
    report = reconcile(books, getattr(books, form)(), name="export." + ("json" if form in ("usage", "costs") else "csv"))
    assert report["variance"] == 0 and set(reasons(report)) <= {"rounding"}, report["rows"][:3]
    assert report["compared"] == DAYS * 2 * 4
    if form in ("aws", "gcp"):
        assert report["skipped"] == 2 * DAYS


def test_every_planted_difference_is_found_and_named(books):
    models = list(PRICES)
    # Requests beside the gateway: the provider counted more.
    books.tokens[day(9), models[0]]["output"] += 50_000
    # A model that the ledger never saw.
    books.tokens[day(8), "claude-haiku-5-5"]["input"] += 70_000
    # A failed request that the provider did not charge.
    books.tokens[day(7), models[0]]["input"] -= 900
    # A day that the export lacks.
    for model in models:
        del books.tokens[day(6), model]
    # Requests counted on the day before.
    books.tokens[day(4), models[1]]["cache_read"] += 300_000
    books.tokens[day(3), models[1]]["cache_read"] -= 300_000
    # An answer that was cut: the ledger has an estimate, the provider less.
    books.history.add((TODAY - datetime.timedelta(days=2)).timestamp() + 100, {"output_tokens": 800}, estimated=1, outcome="client_gone")
    books.history.write()
    books.tokens[day(2), models[0]]["output"] += 500
    # The export ends before its last day did.
    books.tokens[day(1), models[0]]["cache_read"] -= 500_003
    report = reconcile(books, books.usage(), code=1)
    found = reasons(report)
    assert found.pop("missing_day") == {(day(6), model, kind) for model in models for kind in ("input", "cache_write_5m", "cache_read", "output")}
    names = {"not_through_gateway": {(day(9), models[0], "output"), (day(8), "claude-haiku-5-5-20260901", "input")},
             "not_billed": {(day(7), models[0], "input")}, "estimated": {(day(2), models[0], "output")},
             "day_shift": {(day(4), models[1], "cache_read"), (day(3), models[1], "cache_read")},
             "late_rows": {(day(1), models[0], "cache_read")}}
    assert found == names
    by = {row["reason"]: row for row in report["rows"]}
    assert by["not_billed"]["token_difference"] == 900 and by["estimated"]["token_difference"] == 300
    assert by["late_rows"]["token_difference"] == 500_003


def test_of_costs_only_what_was_estimated_can_be_an_estimate(books):
    model = list(PRICES)[0]
    for back, estimated, billed in ((2, 8000, 5000), (5, 10, 50_000)):
        books.history.add((TODAY - datetime.timedelta(days=back)).timestamp() + 100, {"output_tokens": estimated}, model_served=model,
                          cost_nano_usd=estimated * PRICES[model]["output_tokens"], estimated=1, outcome="client_gone")
        books.tokens[day(back), model]["output"] += billed
    books.history.write()
    found = reasons(reconcile(books, books.costs(), code=1))
    assert found["estimated"] == {(day(2), model, "output")}
    assert found["not_through_gateway"] == {(day(5), model, "output")}


def test_another_price_is_named(books):
    dearer = {model: {**prices, "output_tokens": prices["output_tokens"] * 11 // 10} for model, prices in PRICES.items()}
    report = reconcile(books, books.costs(dearer), code=1)
    assert set(reasons(report)) - {"rounding"} == {"price"}
    assert {row["class"] for row in report["rows"] if row["reason"] == "price"} == {"output"}
    whole = sum(count["output"] * PRICES[model]["output_tokens"] for (_, model), count in books.tokens.items())
    assert sum(row["difference_nano_usd"] for row in report["rows"]) == pytest.approx(-whole / 10, rel=1e-3)


def test_tokens_equal_and_costs_not_is_a_price(books):
    text = books.aws()
    lines = text.split("\n")
    place = next(index for index, line in enumerate(lines) if "Claude5.5Opus-output" in line)
    parts = lines[place].split(",")
    parts[-1] = str(float(parts[-1]) * 2)
    lines[place] = ",".join(parts)
    report = reconcile(books, "\n".join(lines), "--tolerance", "50", name="cur.csv")
    assert {row["reason"] for row in report["rows"]} - {"rounding"} == {"price"}


def test_a_model_without_a_price_is_named(books):
    tokens = {"output_tokens": 5000}
    books.history.add((TODAY - datetime.timedelta(days=5)).timestamp(), tokens, model_served="claude-unheard-of-9", cost_nano_usd=0, unpriced=1, price_version=None)
    books.history.write()
    page = json.loads(books.costs())
    page["data"][0]["results"].append({"currency": "USD", "amount": "5.5", "model": "claude-unheard-of-9", "token_type": "output_tokens"})
    page["data"][0]["starting_at"] = page["data"][0]["starting_at"]
    moved = next(bucket for bucket in page["data"] if bucket["starting_at"].startswith(day(5)))
    moved["results"].append(page["data"][0]["results"].pop())
    report = reconcile(books, json.dumps(page), "--tolerance", "90%")
    assert reasons(report)["unpriced"] == {(day(5), "claude-unheard-of-9", "output")}


def test_the_tolerance_decides_the_exit_code(books):
    first = next(iter(books.tokens.values()))
    first["cache_read"] += 1000
    assert reconcile(books, books.usage())["variance"] < 0.005
    report = reconcile(books, books.usage(), "--tolerance", "0", code=1)
    assert report["variance"] > 0 and "beyond the tolerance" in report["notes"][0]


@pytest.mark.parametrize("form", [lambda count: f"{count}.0", lambda count: f'"{count:,}"'])
def test_counts_as_spreadsheets_write_them(books, form):
    header, *lines = books.console().split("\r\n")[:-1]
    text = "\r\n".join([header] + [",".join(['"' + cell.replace('"', '""') + '"' for cell in row[:6]] + [form(int(cell)) for cell in row[6:]]) for row in
                                   csv.reader(lines)])
    report = reconcile(books, text, name="export.csv")
    assert report["variance"] == 0 and report["compared"] == DAYS * 2 * 4


def test_a_correction_keeps_its_sign(books):
    line = f"{day(3)},claude-opus-5-5,k,Default,standard,,-500,0,0,0,0,0\r\n"
    row, = reconcile(books, books.console() + line, "--tolerance", "50", name="export.csv")["rows"]
    assert (row["class"], row["token_difference"]) == ("input", 500)


@pytest.mark.parametrize("words, change", [
    ("`EUR` is not the currency of the ledger", lambda page: page["data"][3]["results"][0].update(currency="EUR")),
    ("`has_more`: true, and no page follows; fetch the remaining pages", lambda page: page.update(has_more=True)),
    ("is no amount", lambda page: page["data"][3]["results"][0].update(amount="--1e30")),
    ("has a comma where none separates thousands", lambda page: page["data"][3]["results"][0].update(amount="0,0120"))])
def test_what_would_be_misread_is_refused(books, words, change):
    page = json.loads(books.costs())
    change(page)
    assert words in reconcile(books, json.dumps(page), code=2)


def test_nothing_compared_is_not_agreement(books):
    report = reconcile(books, books.usage(), "--since", "2026-01-01", "--until", "2026-01-02", code=1)
    assert report["compared"] == 0 and report["variance"] is None
    assert report["notes"] == ["Nothing was compared: neither the export nor the ledger has anything from 2026-01-01 to 2026-01-02."]


def test_part_of_a_day_is_refused(books):
    for arguments in (("--since", "12h"), ("--until", f"{day(3)}T08:00:00Z")):
        assert "is within a day, and exports are compared by whole days" in reconcile(books, books.usage(), *arguments, code=2)
    assert reconcile(books, books.usage(), "--since", f"{day(5)}T00:00:00Z", "--until", day(4))["compared"] == 2 * 2 * 4


def test_what_is_not_compared_is_told_apart(books):
    text = books.aws() + f"\n{day(3)} 00:00:00,AmazonBedrock,Credit,,,,-12.5\n{day(3)} 00:00:00,AmazonBedrock,Tax,,,,1.25"
    notes = reconcile(books, text, name="cur.csv")["notes"]
    assert "Not compared: 1 lines of the service as `Credit`, $-12.500000000 in all." in notes
    assert any("`Tax`, $1.250000000" in note for note in notes) and f"Not compared: {2 * DAYS} lines of other services." in notes


def test_large_counts_of_clouds(books):
    text = books.gcp() + f"\n01AB-CD,Vertex AI,Claude Opus 5.5 Input Tokens,{day(3)} 07:00:00 UTC,9000000000,count,36000,USD"
    row, = (row for row in reconcile(books, text, code=1, name="gcp.csv")["rows"] if row["reason"] != "rounding")
    assert row["token_difference"] == -9_000_000_000 and row["reason"] == "not_through_gateway"


def test_for_people_and_spreadsheets(books):
    books.tokens[day(9), "=evil()"]["output"] += 9_000_000
    file = books.gateway.folder / "e.json"
    file.write_text(books.usage())
    table = books.gateway.run("report", "reconcile", "--provider", "main", "--file", file, code=1).stdout
    assert "not_through_gateway" in table and "Variance" in table and "beside the gateway" in table
    text = books.gateway.run("report", "reconcile", "--provider", "main", "--file", file, "--format", "csv", code=1).stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 1 and rows[0]["model"].startswith("'=evil()") and rows[0]["reason"] == "not_through_gateway"


def test_openai_exports(gateway):
    gateway.config["providers"].append({"name": "openai", "kind": "openai", "api_key": "x"})
    gateway.write()
    history, start = History(gateway), int((TODAY - datetime.timedelta(days=2)).timestamp()) // 86400 * 86400
    history.add(start + 4000, {"input_tokens": 200, "cache_read_tokens": 800, "output_tokens": 500}, provider="openai", provider_kind="openai",
                model_served="gpt-5", cost_nano_usd=10**6)
    history.write()
    page = {"object": "page", "data": [{"object": "bucket", "start_time": start, "end_time": start + 86400, "results": [
        {"object": "organization.usage.completions.result", "input_tokens": 1000, "input_cached_tokens": 800, "output_tokens": 500,
         "num_model_requests": 1, "model": "gpt-5-2025-08-07"}]}], "has_more": False}
    file = gateway.folder / "openai.json"
    file.write_text(json.dumps(page))
    report = json.loads(gateway.run("report", "reconcile", "--provider", "openai", "--file", file, "--format", "json").stdout)
    assert report["rows"] == [] and report["compared"] == 3


def test_openai_costs(gateway):
    gateway.config["providers"].append({"name": "openai", "kind": "openai", "api_key": "x"})
    gateway.write()
    history, start = History(gateway), int((TODAY - datetime.timedelta(days=2)).timestamp()) // 86400 * 86400
    # Dollars for a million tokens of gpt-5: 1.25, 0.125 from the cache, 10.
    history.add(start + 4000, {"input_tokens": 200_000, "cache_read_tokens": 800_000, "output_tokens": 500_000}, provider="openai",
                provider_kind="openai", model_served="gpt-5", cost_nano_usd=250_000_000 + 100_000_000 + 5_000_000_000)
    history.write()

    def export(**amounts):
        items = {"input": 0.25, "cached input": 0.1, "output": 5.0} | amounts
        return json.dumps({"object": "page", "has_more": False, "data": [
            {"object": "bucket", "start_time": start, "end_time": start + 86400, "results": [
                {"object": "organization.costs.result", "amount": {"value": value, "currency": "usd"}, "line_item": f"gpt-5-2025-08-07, {item}",
                 "project_id": None} for item, value in items.items()]}]})
    file = gateway.folder / "openai.json"
    file.write_text(export())
    run = lambda code: json.loads(gateway.run("report", "reconcile", "--provider", "openai", "--file", file, "--format", "json", code=code).stdout)
    report = run(0)
    assert report["rows"] == [] and report["compared"] == 3 and report["variance"] == 0
    file.write_text(export(output=7.5))
    row, = run(1)["rows"]
    assert (row["class"], row["difference_nano_usd"]) == ("output", -2_500_000_000)


@pytest.mark.parametrize("text, words", [
    ("", "no lines"), ("{", "no JSON"), ('{"data": []}', "no lines of a usage"), ("a,b\n1,2\n", "no export that is known"),
    ("usage_date_utc,model,cost_usd,token_type\nyesterday,m,1,output\n", "line 2, column `usage_date_utc`: `yesterday` is no date"),
    ("usage_date_utc,model,cost_usd,token_type\n2026-01-01,m,much,output\n", "line 2, column `cost_usd`: `much` is no amount"),
    ('{"data": [{"starting_at": "2026-01-01T00:00:00Z", "results": [{"uncached_input_tokens": 1, "model": null}]}]}', "not grouped by model")])
def test_a_bad_file_is_named(gateway, text, words):
    file = gateway.folder / "bad"
    file.write_text(text)
    assert words in gateway.run("report", "reconcile", "--provider", "main", "--file", file, code=2).stderr


def test_mistakes_are_named(gateway):
    assert "there is no provider `x`; there are main" in gateway.run("report", "reconcile", "--provider", "x", "--file", "y", code=2).stderr
    assert "cannot be read" in gateway.run("report", "reconcile", "--provider", "main", "--file", "y", code=2).stderr
