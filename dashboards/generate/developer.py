"""For those who write code through the gateway: how fast is it, what went wrong, where does the time go?"""

from grafana import bars, dashboard, graph, row, runbook, stat, table, target, targets, thresholds, traces, values
from promql import increase, quantile, quantiles, rate, selector, share, total

MODEL = 'gen_ai_request_model=~"$model"'
SLOW_STARTS = traces("Slow first tokens", '{ span.gen_ai.response.time_to_first_chunk > 10 }')
FAILED = traces("Failed attempts", '{ span.gen_ai.operation.name = "chat" && status = error }')
TOOLS = traces("Slow tools", '{ span.gen_ai.operation.name = "execute_tool" && duration > 30s }')
SESSIONS = traces("Sessions", '{ span.gen_ai.conversation.id != nil }')

FIRST = "gen_ai_server_time_to_first_token_seconds"
PACE = "gen_ai_server_time_per_output_token_seconds"
TOOL = "tollgate_tool_duration_seconds"


def one(expr, legend="", **more):
    return [target(expr, legend, **more)]


def overview():
    return row(
        "Overview",
        stat("Time to first token, median", "Streams: from the request's first byte to the first bytes of the answer.", one(quantile(0.5, FIRST, MODEL), exemplar=True), "s",
             steps=thresholds((None, "green"), (5, "orange"), (15, "red")), links=[SLOW_STARTS, runbook("slow-first-token")]),
        stat("Time to first token, p95", "One of twenty waits longer than this.", one(quantile(0.95, FIRST, MODEL), exemplar=True), "s",
             steps=thresholds((None, "green"), (10, "orange"), (30, "red")), links=[SLOW_STARTS, runbook("slow-first-token")]),
        stat("Tokens per second", "The median speed of a stream once it writes: 1 / (time per output token).", one(f"1 / {quantile(0.5, PACE, MODEL)}"), "short",
             links=[runbook("slow-first-token")], decimals=0),
        stat("Requests that failed", "Answers of 4xx and 5xx among all requests to models.",
             one(share(total(rate("tollgate_requests_total", 'http_route=~"/v1/.*"', 'http_response_status_code=~"[45].."')),
                       total(rate("tollgate_requests_total", 'http_route=~"/v1/.*"')))), "percentunit",
             steps=thresholds((None, "green"), (0.02, "orange"), (0.1, "red")), links=[FAILED, runbook("provider-down")]),
        stat("Active sessions", "Sessions with a request in the last minutes.", one(total(selector("tollgate_sessions_active"))), "short",
             links=[SESSIONS, runbook("no-traffic")]),
        stat("Input from cache", "The share of input tokens that was read from a prompt cache: what is not is slower and ten times dearer.",
             one(share(total(rate("gen_ai_client_inference_usage_cache_read_input_tokens_total", MODEL)),
                       total(rate("gen_ai_client_inference_usage_input_tokens_total", MODEL)))), "percentunit",
             steps=thresholds((None, "red"), (0.5, "orange"), (0.8, "green")), links=[runbook("cache-break-surge")]),
    )


def speed():
    return row(
        "How fast",
        graph("Time to first token", "Median, p95 and p99. Dots are exemplars: a click leads to the trace.", targets(*quantiles(FIRST, MODEL), exemplar=True), "s",
              links=[SLOW_STARTS, runbook("slow-first-token")]),
        graph("Time to first token by model, p95", "Thinking models take longer before they say anything.",
              one(quantile(0.95, FIRST, MODEL, by=("gen_ai_request_model",)), "{{gen_ai_request_model}}", exemplar=True), "s",
              links=[SLOW_STARTS, runbook("slow-first-token")]),
        graph("Tokens per second by model, median", "How fast a stream writes once it has begun.",
              one(f"1 / {quantile(0.5, PACE, MODEL, by=('gen_ai_request_model',))}", "{{gen_ai_request_model}}"), "short", links=[runbook("slow-first-token")]),
        graph("Whole turn by model, p95", "From the request's first byte to the end of the answer, retries and fallbacks included.",
              one(quantile(0.95, "gen_ai_server_request_duration_seconds", MODEL, by=("gen_ai_request_model",)), "{{gen_ai_request_model}}", exemplar=True), "s",
              links=[SLOW_STARTS, runbook("slow-first-token")]),
        graph("Silence between chunks, p95", "Mean time per chunk of a stream: what makes an answer stutter.",
              one(quantile(0.95, "gen_ai_client_inference_time_per_output_chunk_seconds", MODEL, by=("gen_ai_request_model",)), "{{gen_ai_request_model}}",
                  exemplar=True), "s", links=[runbook("slow-first-token")]),
        graph("Forty seconds: whose were they?", "Seconds per second that all requests spent in each stage: the model (`relay`), limits (`admit`), the network in (`accept`), and the gateway.",
              one(total(rate("tollgate_stage_duration_seconds_sum"), "tollgate_stage"), "{{tollgate_stage}}"), "short", stack=True,
              links=[runbook("added-latency-budget-burn")]),
    )


def errors():
    return row(
        "What went wrong",
        graph("Answers by status", "Answers to model requests that were not 200, per second.",
              one(total(rate("tollgate_requests_total", 'http_route=~"/v1/.*"', 'http_response_status_code!~"2.."'), "http_response_status_code"),
                  "{{http_response_status_code}}"), "reqps", stack=True, links=[FAILED, runbook("provider-down")]),
        graph("Refused, by reason", "`billing_error` is a budget, `rate_limit_error` a limit, `policy_blocked` access or a brake, `authentication_error` a key.",
              one(total(rate("tollgate_refusals_total"), "error_type"), "{{error_type}}"), "reqps", stack=True,
              links=[runbook("budget-at-100-percent")]),
        graph("Providers' errors by model", "Attempts that failed, per second, by model and reason; most of them are tried again or elsewhere.",
              one(total(rate("tollgate_attempts_total", MODEL, 'error_type!=""'), "gen_ai_request_model", "error_type"),
                  "{{gen_ai_request_model}} {{error_type}}"), "ops", stack=True, links=[FAILED, runbook("provider-down")]),
        graph("Refused by rule", "Which rule says no, or would have: budgets and limits, per second.",
              targets((total(rate("tollgate_budget_decisions_total", 'tollgate_decision!="admitted"'), "tollgate_rule_id", "tollgate_decision"),
                       "{{tollgate_rule_id}} {{tollgate_decision}}"),
                      (total(rate("tollgate_rate_limit_decisions_total", 'tollgate_decision!="admitted"'), "tollgate_rule_id", "tollgate_decision"),
                       "{{tollgate_rule_id}} {{tollgate_decision}}")), "reqps", stack=True, links=[runbook("budget-at-100-percent")]),
        graph("Served elsewhere", "Attempts that were given up for another target, per second.",
              one(total(rate("tollgate_route_fallbacks_total"), "tollgate_model_requested", "tollgate_target"),
                  "{{tollgate_model_requested}} away from {{tollgate_target}}"), "ops", links=[FAILED, runbook("fallback-surge")]),
        graph("Waiting for limits", "Requests that wait for a rate or concurrency limit now.",
              one(total(selector("tollgate_rate_limit_queue"), "tollgate_rule_id"), "{{tollgate_rule_id}}"), "short",
              links=[runbook("added-latency-budget-burn")]),
    )


def tools():
    return row(
        "Tools and sessions",
        graph("Tool time by tool, p95", "From the `tool_use` that went out to its `tool_result`: the tool, and the permission prompt before it.",
              one(quantile(0.95, TOOL, by=("gen_ai_tool_name",)), "{{gen_ai_tool_name}}", exemplar=True), "s", links=[TOOLS, runbook("slow-first-token")]),
        graph("Seconds spent in tools", "Seconds per second in each tool, over everybody: where a faster build or test pays.",
              one(total(rate(TOOL + "_sum"), "gen_ai_tool_name"), "{{gen_ai_tool_name}}"), "short", stack=True, links=[TOOLS, runbook("slow-first-token")]),
        graph("Tool calls", "Calls per second by tool.", one(total(rate(TOOL + "_count"), "gen_ai_tool_name"), "{{gen_ai_tool_name}}"), "ops", stack=True,
              links=[TOOLS, runbook("no-traffic")]),
        bars("Model or tools?", "Of the shown time: seconds that models wrote, and seconds that tools ran.",
             targets((total(increase("gen_ai_server_request_duration_seconds_sum")), "models"), (total(increase(TOOL + "_sum")), "tools")), "s",
             links=[TOOLS, runbook("slow-first-token")]),
        graph("Sessions", "Sessions with a request in the last minutes.", one(total(selector("tollgate_sessions_active")), "active"), "short",
              links=[SESSIONS, runbook("no-traffic")]),
        graph("Cache breaks by cause", "Requests whose cached prefix was lost, per second, by what changed: each is slow and dear.",
              one(total(rate("tollgate_cache_breaks_total"), "tollgate_cache_cause"), "{{tollgate_cache_cause}}"), "ops", stack=True,
              links=[runbook("cache-break-surge")]),
        table("Users", "Of the shown time. The sessions behind the figures: the link above, or `tollgate sessions`.",
              [("Requests", total(increase("tollgate_requests_total", 'http_route=~"/v1/.*"'), "user_id", "tollgate_team"), "short"),
               ("Tokens", total(increase("tollgate_tokens_total"), "user_id", "tollgate_team"), "short"),
               ("Cost", total(increase("tollgate_cost_nano_usd_total"), "user_id", "tollgate_team") + " / 1e9", "currencyUSD")],
              "short", by=("user_id", "tollgate_team"), labels=("User", "Team"), width=24, links=[SESSIONS, runbook("no-traffic")]),
    )


def make():
    return dashboard(
        "tollgate-developer", "Tollgate / Developer experience",
        "Time to first token, tokens per second, errors and refusals with their reasons, time in tools, sessions.",
        [overview(), speed(), errors(), tools()],
        [values("model", "Model", "gen_ai_server_request_duration_seconds_count", "gen_ai_request_model")])
