"""For those who pay: who spends what on what, what is left, what the cache saves, where it leads."""

from grafana import bars, dashboard, graph, pie, row, runbook, stat, table, target, targets, thresholds, traces, values
from promql import increase, rate, selector, share, total, usd

WHO = ('tollgate_team=~"$team"', 'user_id=~"$user"', 'tollgate_project=~"$project"', 'gen_ai_request_model=~"$model"')
PEOPLE, MODEL = WHO[:2], WHO[3:]
COST = "tollgate_cost_nano_usd_total"
DOLLARS = 'tollgate_unit="nano_usd"'
DEAR = traces("Dear calls", '{ span.gen_ai.usage.cost > 1 }')
MONTH = 30 * 86400


def one(expr, legend="", **more):
    return [target(expr, legend, **more)]


def spent(*by, window="$__range"):
    return usd(total(increase(COST, *WHO, window=window), *by))


def overview():
    cost = total(increase(COST, *WHO))
    commits = total(increase("tollgate_claude_code_commits_total", *PEOPLE))
    return row(
        "Overview: the shown time",
        stat("Spent", "What attempts upstream cost, from the providers' own token counts and the prices in force. For an invoice use `tollgate report`: "
             "counters here lose what happened between the last scrape and a restart.", one(spent(), instant=True), "currencyUSD", decimals=2,
             links=[DEAR, runbook("budget-at-80-percent")]),
        stat("An hour at this pace", "Dollars per hour, over the last minutes.", one(usd(total(rate(COST, *WHO))) + " * 3600"), "currencyUSD", decimals=2,
             links=[DEAR, runbook("budget-at-80-percent")]),
        stat("30 days at the pace of the shown time", "The shown time's spending, stretched to 30 days. It knows nothing of weekends: show whole weeks.",
             one(f"{spent()} / $__range_s * {MONTH}", instant=True), "currencyUSD", decimals=0, links=[runbook("budget-at-80-percent")]),
        stat("Saved by caches", "What cache reads would have cost more as plain input, less what cache writes cost more.",
             one(usd(f"({total(increase('tollgate_cache_saved_nano_usd_total', *WHO))} - {total(increase('tollgate_cache_surcharge_nano_usd_total', *WHO))})"), instant=True),
             "currencyUSD", decimals=2, links=[runbook("cache-break-surge")]),
        stat("Cost of cache breaks", "What was paid once more because a cached prefix was lost.",
             one(usd(total(increase("tollgate_cache_rebilled_cost_nano_usd_total", *MODEL))), instant=True), "currencyUSD", decimals=2,
             links=[runbook("cache-break-surge")]),
        stat("Cost per commit", "Everything spent, divided by the commits that Claude Code reported. Needs Claude Code's telemetry to come through the gateway.",
             one(usd(f"{cost} / {commits}"), instant=True), "currencyUSD", decimals=2, links=[runbook("no-traffic")]),
    )


def spending():
    def over_time(title, description, label, legend):
        return graph(title, description + " Dollars per hour.", one(usd(total(rate(COST, *WHO), label)) + " * 3600", legend), "currencyUSD", stack=True,
                     calcs=("mean", "max", "lastNotNull"), links=[DEAR, runbook("budget-at-80-percent")])

    def share_of(title, description, label, legend):
        return pie(title, description + " Of the shown time.", one(spent(label), legend, instant=True), "currencyUSD", links=[DEAR, runbook("budget-at-80-percent")])
    return row(
        "Spending",
        over_time("By team", "Who spends.", "tollgate_team", "{{tollgate_team}}"),
        over_time("By model", "On what.", "gen_ai_request_model", "{{gen_ai_request_model}}"),
        over_time("By project", "For what.", "tollgate_project", "{{tollgate_project}}"),
        share_of("Teams", "Who spent.", "tollgate_team", "{{tollgate_team}}"),
        share_of("Models", "On what.", "gen_ai_request_model", "{{gen_ai_request_model}}"),
        share_of("Projects", "For what.", "tollgate_project", "{{tollgate_project}}"),
        table("Users", "Of the shown time, dearest first.",
              [("Cost", spent("user_id", "tollgate_team"), "currencyUSD"),
               ("Tokens", total(increase("tollgate_tokens_total", *WHO), "user_id", "tollgate_team"), "short"),
               ("Saved by caches", usd(total(increase("tollgate_cache_saved_nano_usd_total", *WHO), "user_id", "tollgate_team")), "currencyUSD")],
              "short", by=("user_id", "tollgate_team"), labels=("User", "Team"), width=12, links=[DEAR, runbook("budget-at-80-percent")]),
        table("Models", "Of the shown time: what a million tokens of each model cost in practice, caches included.",
              [("Cost", spent("gen_ai_request_model", "tollgate_provider"), "currencyUSD"),
               ("Tokens", total(increase("tollgate_tokens_total", *WHO), "gen_ai_request_model", "tollgate_provider"), "short"),
               ("Dollars for a million", f"{total(increase(COST, *WHO), 'gen_ai_request_model', 'tollgate_provider')} / 1e3 / "
                f"{total(increase('tollgate_tokens_total', *WHO), 'gen_ai_request_model', 'tollgate_provider')}", "currencyUSD")],
              "short", by=("gen_ai_request_model", "tollgate_provider"), labels=("Model", "Provider"), width=12, links=[DEAR, runbook("unpriced-requests")]),
        graph("Tokens by class", "Tokens charged, per second. Reads from a cache cost a tenth of input; writes a quarter more, or twice as much for an hour.",
              one(total(rate("tollgate_tokens_total", *WHO), "tollgate_token_class"), "{{tollgate_token_class}}"), "short", stack=True, width=12,
              links=[runbook("cache-break-surge")]),
        graph("Requests without a price", "Attempts whose model has no price, per second: they are missing in every sum above.",
              one(total(rate("tollgate_unpriced_requests_total"), "gen_ai_request_model"), "{{gen_ai_request_model}}"), "reqps", width=12,
              links=[runbook("unpriced-requests")]),
    )


def budgets():
    key = "tollgate_rule_id, tollgate_budget_scope"

    def gauge(name):
        return f"max by ({key}) ({selector('tollgate_budget_' + name, DOLLARS)})"
    dollars = [("Settled", usd(gauge("settled")), "currencyUSD"), ("Reserved", usd(gauge("reserved")), "currencyUSD"),
               ("Limit", usd(gauge("limit")), "currencyUSD"), ("Exposure", usd(gauge("exposure")), "currencyUSD"),
               ("Used", f"{gauge('settled')} / {gauge('limit')}", "percentunit")]
    return row(
        "Budgets",
        table("Accounts", "Each account of each budget in dollars: spent in its window, reserved for requests in flight, the limit with raises, and by how much requests in "
              "flight could pass it at most.", dollars, "short", by=("tollgate_rule_id", "tollgate_budget_scope"), labels=("Budget", "Account"), width=16,
              links=[runbook("budget-at-80-percent"), runbook("budget-exposure")]),
        bars("Fullest", "The accounts that are closest to their limits, in dollars or tokens.",
             one(f"topk(10, max by ({key}) ({selector('tollgate_budget_settled')} / {selector('tollgate_budget_limit')}))", "{{tollgate_rule_id}} {{tollgate_budget_scope}}"),
             "percentunit", steps=thresholds((None, "green"), (0.8, "orange"), (1, "red")), min=0, max=1,
             links=[runbook("budget-at-80-percent"), runbook("budget-at-100-percent")]),
        graph("Used, by account", "Settled as a share of the limit.",
              one(f"topk(10, max by ({key}) ({selector('tollgate_budget_settled')} / {selector('tollgate_budget_limit')}))", "{{tollgate_rule_id}} {{tollgate_budget_scope}}"),
              "percentunit", links=[runbook("budget-at-80-percent")]),
        graph("Decisions", "What budgets decided, per second; `warned` would have been refused if the rule blocked.",
              one(total(rate("tollgate_budget_decisions_total"), "tollgate_rule_id", "tollgate_decision"), "{{tollgate_rule_id}} {{tollgate_decision}}"), "reqps",
              links=[runbook("budget-at-100-percent")]),
        graph("Exposure", "By how much requests in flight could pass their limits at most.",
              one(usd(f"sum by (tollgate_rule_id) ({selector('tollgate_budget_exposure', DOLLARS)})"), "{{tollgate_rule_id}}"), "currencyUSD",
              links=[runbook("budget-exposure")]),
    )


def forecast():
    settled = f"max by (tollgate_rule_id, tollgate_budget_scope) (predict_linear({selector('tollgate_budget_settled', DOLLARS)}[6h], 86400))"
    limits = f"max by (tollgate_rule_id, tollgate_budget_scope) ({selector('tollgate_budget_limit', DOLLARS)})"
    return row(
        "Forecast",
        graph("Budgets in a day, if the last six hours went on", "A straight line through six hours of each account, a day further, as a share of its limit. It knows nothing of nights, "
              "weekends or the end of a window in between.", one(f"topk(10, {settled} / {limits})", "{{tollgate_rule_id}} {{tollgate_budget_scope}}"),
              "percentunit", width=12, links=[runbook("budget-at-80-percent")]),
        graph("Spent and where it leads", "What the counters say since each gateway's start, and a straight line through six hours a day ahead.",
              targets((usd(total(selector(COST, *WHO))), "now"),
                      (usd(total(f"predict_linear({selector(COST, *WHO)}[6h], 86400)")), "in a day, in a straight line")), "currencyUSD", width=12,
              links=[runbook("budget-at-80-percent")]),
    )


def caches():
    return row(
        "Caches",
        graph("Saved and paid", "Dollars per hour: saved by reads, paid more for writes, paid once more for breaks.",
              targets((usd(total(rate("tollgate_cache_saved_nano_usd_total", *WHO))) + " * 3600", "saved by reads"),
                      (usd(total(rate("tollgate_cache_surcharge_nano_usd_total", *WHO))) + " * 3600", "surcharge of writes"),
                      (usd(total(rate("tollgate_cache_rebilled_cost_nano_usd_total", *MODEL))) + " * 3600", "cache breaks")), "currencyUSD",
              links=[runbook("cache-break-surge")]),
        graph("Input from cache, by team", "The share of input tokens that was read from a cache.",
              one(share(total(rate("tollgate_tokens_total", *WHO, 'tollgate_token_class="cache_read"'), "tollgate_team"),
                        total(rate("tollgate_tokens_total", *WHO, 'tollgate_token_class!="output"'), "tollgate_team")), "{{tollgate_team}}"), "percentunit",
              links=[runbook("cache-break-surge")], max=1),
        graph("Cost of breaks by cause", "Dollars per hour that were paid once more, by what changed in the prefix.",
              one(usd(total(rate("tollgate_cache_rebilled_cost_nano_usd_total", *MODEL), "tollgate_cache_cause")) + " * 3600", "{{tollgate_cache_cause}}"), "currencyUSD",
              stack=True, links=[runbook("cache-break-surge")]),
    )


def make():
    return dashboard(
        "tollgate-finance", "Tollgate / Finance", "Spend by team, user, model and project; budgets; what caches save and their breaks cost; where it leads. "
        "Invoices and closings come from the ledger: `tollgate report`.",
        [overview(), spending(), budgets(), forecast(), caches()],
        [values("team", "Team", COST, "tollgate_team"), values("user", "User", COST, "user_id"),
         values("project", "Project", COST, "tollgate_project"), values("model", "Model", COST, "gen_ai_request_model")],
        since="now-7d", refresh="5m")
