"""The forecast of a month, over a past that is known."""

import datetime
import json
import time

from rig.history import History

DAY = 86_400


def forecast(gateway, *arguments):
    return json.loads(gateway.run("report", "--forecast", "--format", "json", *arguments).stdout)


def test_even_days_give_an_even_month(gateway):
    history, now = History(gateway), time.time()
    for back in range(1, 60):
        for team, dollars in (("platform", 3), ("data", 2)):
            history.add(now - back * DAY, {"output_tokens": 1}, cost_nano_usd=dollars * 10**9, team=team)
    history.write()
    report = forecast(gateway, "--by", "team")
    today = datetime.datetime.now(datetime.UTC)
    passed = (today.hour * 3600 + today.minute * 60 + today.second) / DAY
    month = (today.replace(day=28) + datetime.timedelta(days=4)).replace(day=1) - datetime.timedelta(days=1)
    # The days before today are whole, today has the rest of its share to come.
    for name, row, dollars in [("all", report["total"], 5), *[(row["team"], row, 3 if row["team"] == "platform" else 2) for row in report["rows"]]]:
        expected = dollars * (month.day - passed)
        assert abs(row["expected_nano_usd"] / 1e9 - expected) < 0.01 * expected, name
        assert row["low_nano_usd"] <= row["expected_nano_usd"] <= row["high_nano_usd"], name
    assert [row["team"] for row in report["rows"]] == ["platform", "data"]
    table = gateway.run("report", "--forecast", "--by", "team").stdout
    assert "80 % interval" in table and "platform" in table and "trends and holidays" in table
    only = forecast(gateway, "--where", "team=data")
    assert only["total"]["expected_nano_usd"] == report["rows"][1]["expected_nano_usd"] or abs(
        only["total"]["expected_nano_usd"] - report["rows"][1]["expected_nano_usd"]) < 10**7


def test_too_little_is_said(gateway):
    history = History(gateway)
    for back in range(1, 4):
        history.add(time.time() - back * DAY, {"output_tokens": 1}, cost_nano_usd=10**9)
    history.write()
    report = forecast(gateway)
    assert report["total"]["expected_nano_usd"] is None and report["total"]["days"] == 3
    assert "needs 7 complete days" in report["notes"][0]
    assert "needs 7 complete days" in gateway.run("report", "--forecast").stdout


def test_an_empty_ledger(gateway):
    assert forecast(gateway)["total"] == {"spent_nano_usd": 0, "expected_nano_usd": None, "low_nano_usd": None, "high_nano_usd": None, "days": 0}
