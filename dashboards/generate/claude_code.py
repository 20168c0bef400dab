"""For those who brought Claude Code in: is it used, and what comes of it?"""

from grafana import bars, dashboard, graph, pie, row, runbook, stat, table, target, targets, traces, values
from promql import increase, rate, total, usd

PEOPLE = ('tollgate_team=~"$team"', 'user_id=~"$user"')
OWN = "tollgate_claude_code_"
SESSIONS, COMMITS, PULLS = OWN + "sessions_total", OWN + "commits_total", OWN + "pull_requests_total"
LINES, EDITS, ACTIVE, ESTIMATE = OWN + "lines_total", OWN + "edits_total", OWN + "active_time_seconds_total", OWN + "cost_nano_usd_total"
LEDGER = "tollgate_cost_nano_usd_total"
LOOPS = traces("Agent loops", '{ span.gen_ai.operation.name = "invoke_agent" }')
NEEDED = " Needs Claude Code's telemetry to come through the gateway."
ACCEPTED = 'decision="accept"'


def one(expr, legend="", **more):
    return [target(expr, legend, **more)]


def number(metric, *by, matchers=()):
    return total(increase(metric, *PEOPLE, *matchers), *by)


def overview():
    return row(
        "Overview: the shown time",
        stat("Active users", "Users with requests in the shown time, by their keys or logins.",
             one(f"count({total(increase('tollgate_tokens_total', *PEOPLE), 'user_id')} > 0)", instant=True), "short", links=[LOOPS, runbook("no-traffic")]),
        stat("Sessions", "Sessions that were begun." + NEEDED, one(number(SESSIONS), instant=True), "short", decimals=0, links=[LOOPS, runbook("no-traffic")]),
        stat("Commits", "Commits that Claude Code made." + NEEDED, one(number(COMMITS), instant=True), "short", decimals=0, links=[runbook("no-traffic")]),
        stat("Pull requests", "Pull requests that Claude Code opened." + NEEDED, one(number(PULLS), instant=True), "short", decimals=0, links=[runbook("no-traffic")]),
        stat("Edits accepted", "The share of proposed edits that developers took." + NEEDED,
             one(f"{number(EDITS, matchers=(ACCEPTED,))} / {number(EDITS)}", instant=True), "percentunit", links=[runbook("no-traffic")]),
        stat("Time at work", "Time that somebody typed or Claude Code worked." + NEEDED, one(number(ACTIVE), instant=True), "s", links=[runbook("no-traffic")]),
    )


def use():
    return row(
        "Use",
        graph("Users per hour", "Users with requests within the last hour.",
              one(f"count({total(increase('tollgate_tokens_total', *PEOPLE, window='1h'), 'user_id')} > 0)", "users"), "short", links=[LOOPS, runbook("no-traffic")]),
        graph("Sessions by team", "Sessions that were begun, per hour." + NEEDED, one(total(rate(SESSIONS, *PEOPLE), "tollgate_team") + " * 3600", "{{tollgate_team}}"),
              "short", stack=True, links=[LOOPS, runbook("no-traffic")]),
        graph("Active time", "Seconds per second: how many were at work at once, by who it was: `user` types, `cli` works." + NEEDED,
              one(total(rate(ACTIVE, *PEOPLE), "type"), "{{type}}"), "short", stack=True, links=[LOOPS, runbook("no-traffic")]),
        graph("Tokens by model", "Tokens charged, per second.", one(total(rate("tollgate_tokens_total", *PEOPLE), "gen_ai_request_model"), "{{gen_ai_request_model}}"),
              "short", stack=True, links=[LOOPS, runbook("no-traffic")]),
        pie("Sessions by user", "Who uses it." + NEEDED, one(number(SESSIONS, "user_id"), "{{user_id}}", instant=True), "short", links=[LOOPS, runbook("no-traffic")]),
        bars("Teams", "Which teams use it." + NEEDED, one(number(SESSIONS, "tollgate_team"), "{{tollgate_team}}", instant=True), "short",
             links=[LOOPS, runbook("no-traffic")]),
    )


def results():
    return row(
        "What came of it",
        graph("Commits and pull requests", "Per hour." + NEEDED, targets((total(rate(COMMITS, *PEOPLE)) + " * 3600", "commits"),
              (total(rate(PULLS, *PEOPLE)) + " * 3600", "pull requests")), "short", links=[runbook("no-traffic")]),
        graph("Lines", "Lines added and removed, per hour." + NEEDED, one(total(rate(LINES, *PEOPLE), "type") + " * 3600", "{{type}}"),
              "short", stack=True, links=[runbook("no-traffic")]),
        graph("Edits by decision", "Edits that developers accepted or rejected, per hour." + NEEDED,
              one(total(rate(EDITS, *PEOPLE), "decision") + " * 3600", "{{decision}}"), "short", stack=True, links=[runbook("no-traffic")]),
        table("Users", "Of the shown time." + NEEDED,
              [("Sessions", number(SESSIONS, "user_id", "tollgate_team"), "short"), ("Commits", number(COMMITS, "user_id", "tollgate_team"), "short"),
               ("Pull requests", number(PULLS, "user_id", "tollgate_team"), "short"), ("Lines", number(LINES, "user_id", "tollgate_team"), "short"),
               ("Active", number(ACTIVE, "user_id", "tollgate_team"), "s"), ("Cost", usd(number(LEDGER, "user_id", "tollgate_team")), "currencyUSD")],
              "short", by=("user_id", "tollgate_team"), labels=("User", "Team"), width=24, links=[LOOPS, runbook("no-traffic")]),
    )


def money():
    return row(
        "What it costs",
        graph("The client's estimate against the ledger", "Dollars per hour: what Claude Code believes it spent, and what the gateway counted. They differ where prices, discounts, "
              "fallbacks or other clients do." + NEEDED, targets((usd(total(rate(ESTIMATE, *PEOPLE))) + " * 3600", "Claude Code's estimate"),
              (usd(total(rate(LEDGER, *PEOPLE))) + " * 3600", "ledger")), "currencyUSD", links=[runbook("unpriced-requests")]),
        stat("Estimate / ledger", "1 is agreement; less is traffic whose clients do not report." + NEEDED, one(f"{number(ESTIMATE)} / {number(LEDGER)}", instant=True), "percentunit",
             width=4, height=8, links=[runbook("unpriced-requests")]),
        stat("Cost per commit", "Everything the gateway counted, divided by commits." + NEEDED, one(usd(f"{number(LEDGER)} / {number(COMMITS)}"), instant=True), "currencyUSD",
             width=4, height=8, decimals=2, links=[runbook("no-traffic")]),
        stat("Cost per pull request", "Everything the gateway counted, divided by pull requests." + NEEDED, one(usd(f"{number(LEDGER)} / {number(PULLS)}"), instant=True),
             "currencyUSD", width=4, height=8, decimals=2, links=[runbook("no-traffic")]),
        stat("Cost per session", "Everything the gateway counted, divided by sessions." + NEEDED, one(usd(f"{number(LEDGER)} / {number(SESSIONS)}"), instant=True), "currencyUSD",
             width=4, height=8, decimals=2, links=[runbook("no-traffic")]),
    )


def make():
    return dashboard(
        "tollgate-claude-code", "Tollgate / Claude Code adoption",
        "Who uses Claude Code, how much, and what comes of it: sessions, commits, pull requests, lines, edits accepted, active time, cost.",
        [overview(), use(), results(), money()],
        [values("team", "Team", "tollgate_tokens_total", "tollgate_team"), values("user", "User", "tollgate_tokens_total", "user_id")],
        since="now-7d", refresh="5m")
