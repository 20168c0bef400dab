"""For those who run the gateway: is it up, whose fault is it, what is about to run out?"""

from grafana import bars, dashboard, graph, row, runbook, stat, target, targets, thresholds, traces, values
from promql import increase, quantile, quantiles, rate, selector, share, total

MODEL_ROUTES = 'http_route!~"/metrics|/healthz|/readyz|/"'
PROVIDER = 'tollgate_provider=~"$provider"'
SLOW = traces("Slow requests", '{ resource.service.name = "tollgate" && kind = server && duration > 30s }')
FAILED = traces("Failed attempts", '{ resource.service.name = "tollgate" && kind = client && status = error }')
REFUSED = traces("Requests with errors", '{ resource.service.name = "tollgate" && kind = server && span.http.response.status_code >= 400 }')

REQUESTS = total(rate("tollgate_requests_total", MODEL_ROUTES))
UP_IS_GOOD = thresholds((None, "red"), (0.99, "orange"), (0.999, "green"))


def one(expr, legend="", **more):
    return [target(expr, legend, **more)]


def overview():
    return row(
        "Overview",
        stat("Requests", "Requests of clients for models, per second; health checks and scrapes are left out.", one(REQUESTS), "reqps",
             links=[runbook("no-traffic")]),
        stat("Availability, 1 h", "The share of requests of the last hour that did not fail by a fault of the gateway itself. What providers answer, and what "
             "clients do wrong, does not count here.", one("1 - max(job:tollgate_availability_errors:ratio_rate1h{job=~\"$job\"})"),
             "percentunit", steps=UP_IS_GOOD, links=[runbook("availability-budget-burn")], decimals=3),
        stat("Error budget left, 3 d", "Of an objective of 99.9 %: what the last three days left of the failures that they may have. Below 0 the objective is missed.",
             one("1 - max(job:tollgate_availability_errors:ratio_rate3d{job=~\"$job\"}) / 0.001"), "percentunit",
             steps=thresholds((None, "red"), (0, "orange"), (0.5, "green")), links=[runbook("availability-budget-burn")], decimals=1),
        stat("Added latency, p99", "What the gateway added to requests that went upstream: its own work, waiting for limits, pauses between attempts.",
             one(quantile(0.99, "tollgate_overhead_duration_seconds"), exemplar=True), "s",
             steps=thresholds((None, "green"), (0.05, "orange"), (0.25, "red")), links=[runbook("added-latency-budget-burn")]),
        stat("Time to first token, p95", "Streams: from the request's first byte to the first bytes of the answer's body, over all models.",
             one(quantile(0.95, "gen_ai_server_time_to_first_token_seconds"), exemplar=True), "s",
             steps=thresholds((None, "green"), (10, "orange"), (30, "red")), links=[runbook("slow-first-token")]),
        stat("Breakers open", "Targets that get no requests at the moment because they failed too often.",
             one(f"sum(max by (tollgate_target) ({selector('tollgate_breaker_state')}) == bool 2)"), "short",
             steps=thresholds((None, "green"), (1, "red")), links=[runbook("breaker-open")]),
    )


def red():
    return row(
        "Requests: rate, errors, duration",
        graph("Requests by status", "Answers to clients, per second, by HTTP status.",
              one(total(rate("tollgate_requests_total", MODEL_ROUTES), "http_response_status_code"), "{{http_response_status_code}}"),
              "reqps", stack=True, links=[REFUSED, runbook("no-traffic")]),
        graph("Refused by the gateway, by reason", "Requests that the gateway refused itself, per second: credentials, rules, limits, its own faults (`api_error`).",
              one(total(rate("tollgate_refusals_total"), "error_type"), "{{error_type}}"), "reqps", stack=True,
              links=[REFUSED, runbook("availability-budget-burn")]),
        graph("Duration of requests", "From the first byte of the head to the end of the answer. Dots are exemplars: a click leads to the trace.",
              targets(*quantiles("http_server_request_duration_seconds", MODEL_ROUTES), exemplar=True), "s",
              links=[SLOW, runbook("slow-first-token")]),
        graph("Share of answers that failed", "Answers of 5xx among all, whoever's fault, and the part that is the gateway's own.",
              targets((share(total(rate("tollgate_requests_total", MODEL_ROUTES, 'http_response_status_code=~"5.."')), REQUESTS), "all 5xx"),
                      ('max(job:tollgate_availability_errors:ratio_rate5m{job=~"$job"})', "the gateway's own")), "percentunit",
              links=[REFUSED, runbook("availability-budget-burn")], max=1),
        graph("Requests in flight", "Requests that are being answered, and attempts upstream under way.",
              targets((total(selector("http_server_active_requests")), "from clients"),
                      (total(selector("http_client_active_requests", PROVIDER)), "to providers")), "short", links=[runbook("loop-lag")]),
        graph("Sizes", "Bodies of requests and of answers, median and p99: long conversations make large bodies.",
              targets((quantile(0.5, "http_server_request_body_size_bytes", MODEL_ROUTES), "request p50"),
                      (quantile(0.99, "http_server_request_body_size_bytes", MODEL_ROUTES), "request p99"),
                      (quantile(0.99, "http_server_response_body_size_bytes", MODEL_ROUTES), "answer p99"), exemplar=True), "bytes",
              links=[runbook("slow-first-token")]),
    )


def latency():
    return row(
        "What the gateway adds",
        graph("Added latency", "A request's time less the arrival of its body and less its attempts upstream.",
              targets(*quantiles("tollgate_overhead_duration_seconds"), exemplar=True), "s",
              links=[SLOW, runbook("added-latency-budget-burn")]),
        graph("Stages, p95", "Where a request's time goes: the body arrives (accept), identify, route, admit (queues included), relay (all attempts), settle.",
              one(quantile(0.95, "tollgate_stage_duration_seconds", by=("tollgate_stage",)), "{{tollgate_stage}}", exemplar=True), "s",
              links=[SLOW, runbook("added-latency-budget-burn")]),
        graph("Admission", "From asking for admission to the decision, waiting in the queues of limits included.",
              targets(*quantiles("tollgate_admission_duration_seconds"), exemplar=True), "s", links=[runbook("added-latency-budget-burn")]),
    )


def objectives():
    windows = ("5m", "30m", "1h", "6h", "3d")

    def burn(level, allowed):
        return targets(*[(f'max(job:{level}:ratio_rate{window}{{job=~"$job"}}) / {allowed}', window) for window in windows])
    return row(
        "Objectives",
        graph("Availability: burn rate", "How many times faster than allowed the error budget of 99.9 % is used, by window. Pages at 14.4 over 1 h and 5 m, or 6 over 6 h and 30 m; "
              "a ticket at 1 over 3 d and 6 h.", burn("tollgate_availability_errors", 0.001), "short", width=12,
              links=[runbook("availability-budget-burn")]),
        graph("Added latency: burn rate", "The same for the share of requests to which the gateway added more than 100 ms; 1 % may.",
              burn("tollgate_overhead_slow", 0.01), "short", width=12, links=[runbook("added-latency-budget-burn")]),
    )


def providers():
    attempts = rate("tollgate_attempts_total", PROVIDER)
    return row(
        "Providers",
        graph("Attempts by outcome", "Attempts upstream, per second: `ok`, `upstream_error`, `unreachable`, `timeout`, `cut`, `malformed`, `client_gone`.",
              one(total(attempts, "tollgate_provider", "tollgate_outcome"), "{{tollgate_provider}} {{tollgate_outcome}}"), "ops", stack=True,
              links=[FAILED, runbook("provider-down")]),
        graph("Errors by provider and reason", "Attempts that failed, per second, by what the provider said.",
              one(total(rate("tollgate_attempts_total", PROVIDER, 'error_type!=""'), "tollgate_provider", "error_type"),
                  "{{tollgate_provider}} {{error_type}}"), "ops", stack=True, links=[FAILED, runbook("provider-down")]),
        graph("Success by provider", "The share of attempts that went well; attempts whose client went away are left out.",
              one(share(total(rate("tollgate_attempts_total", PROVIDER, 'tollgate_outcome="ok"'), "tollgate_provider"),
                        total(rate("tollgate_attempts_total", PROVIDER, 'tollgate_outcome!="client_gone"'), "tollgate_provider")),
                  "{{tollgate_provider}}"), "percentunit", links=[FAILED, runbook("provider-down")], max=1),
        graph("Time to first chunk, p95, by model", "Streams: from an attempt's start to the first bytes of the answer: the provider's part.",
              one(quantile(0.95, "gen_ai_client_inference_time_to_first_chunk_seconds", by=("gen_ai_request_model",)),
                  "{{gen_ai_request_model}}", exemplar=True), "s", links=[SLOW, runbook("slow-first-token")]),
        graph("Breakers", "0 closed, 1 half-open, 2 open: an open one's target gets no requests.",
              one(f"max by (tollgate_target) ({selector('tollgate_breaker_state')})", "{{tollgate_target}}"), "short",
              links=[runbook("breaker-open")], max=2),
        graph("Fallbacks by reason", "Attempts that were given up for the next target, per second.",
              one(total(rate("tollgate_route_fallbacks_total"), "tollgate_target", "error_type"), "{{tollgate_target}} {{error_type}}"),
              "ops", stack=True, links=[FAILED, runbook("fallback-surge")]),
        graph("Retries and changes of breakers", "Attempts made once more at the same target, and breakers that changed, per second.",
              targets((total(rate("tollgate_route_retries_total"), "tollgate_route_model"), "retry of {{tollgate_route_model}}"),
                      (total(rate("tollgate_breaker_transitions_total"), "tollgate_target", "tollgate_breaker_to"),
                       "{{tollgate_target}} to {{tollgate_breaker_to}}")), "ops", links=[runbook("breaker-open")]),
        bars("Rate limits: what is left", "The share of our account's limits that is left, as the provider's last answer said.",
             one(f"min by (tollgate_provider, tollgate_ratelimit_kind) ({selector('tollgate_provider_ratelimit_remaining', PROVIDER)} / "
                 f"{selector('tollgate_provider_ratelimit_limit', PROVIDER)})", "{{tollgate_provider}} {{tollgate_ratelimit_kind}}"),
             "percentunit", steps=thresholds((None, "red"), (0.1, "orange"), (0.3, "green")), links=[runbook("rate-limit-headroom")], min=0, max=1),
        graph("Connections to providers", "Open connections by state, and how many requests wait for a place at an account.",
              targets((total(selector("http_client_open_connections", PROVIDER), "tollgate_provider", "http_connection_state"),
                       "{{tollgate_provider}} {{http_connection_state}}"),
                      (total(selector("tollgate_pool_waiting", PROVIDER), "tollgate_provider"), "{{tollgate_provider}} waiting")), "short",
              links=[runbook("provider-down")]),
        graph("Connections reused", "The share of attempts that found an open connection; a low one costs a handshake each time.",
              one(share(total(rate("tollgate_pool_leases_total", PROVIDER, 'tollgate_connection_reused="true"'), "tollgate_provider"),
                        total(rate("tollgate_pool_leases_total", PROVIDER), "tollgate_provider")), "{{tollgate_provider}}"), "percentunit",
              links=[runbook("provider-down")], max=1),
        graph("Limits: waiting and decisions", "Requests that wait for a rate or concurrency limit, and what limits decided, per second.",
              targets((total(selector("tollgate_rate_limit_queue"), "tollgate_rule_id"), "{{tollgate_rule_id}} waiting"),
                      (total(rate("tollgate_rate_limit_decisions_total"), "tollgate_rule_id", "tollgate_decision"),
                       "{{tollgate_rule_id}} {{tollgate_decision}}")), "short", links=[runbook("added-latency-budget-burn")]),
    )


def saturation():
    free = f"min by (instance, tollgate_loop) ({selector('tollgate_ledger_journal_free')} / {selector('tollgate_ledger_journal_capacity')})"
    return row(
        "Saturation",
        graph("Busy loops", "The share of time that each event loop computes; at 1 it is a bottleneck.",
              one(total(rate("tollgate_loop_cpu_time_seconds_total"), "instance", "tollgate_loop"), "{{instance}} loop {{tollgate_loop}}"), "percentunit",
              links=[runbook("loop-lag")], max=1),
        graph("Loop lag, p99", "How late a timer fires: what every request of that loop waits besides.",
              one(quantile(0.99, "tollgate_loop_lag_seconds", by=("instance", "tollgate_loop")), "{{instance}} loop {{tollgate_loop}}", exemplar=True), "s",
              links=[runbook("loop-lag")]),
        graph("Connections of clients", "Open connections as a share of `limits.connections`, and connections that were refused or failed, per second.",
              targets((f"{total(selector('tollgate_connections_open'))} / {total(selector('tollgate_connections_limit'))}", "used"),
                      (total(rate("tollgate_connections_refused_total")), "refused/s"), (total(rate("tollgate_connections_faults_total")), "faults/s")),
              "percentunit", links=[runbook("connections-refused")]),
        graph("Journal", "Free slots of the ledger's journal, as a share; at 0 requests are refused.", one(free, "{{instance}} loop {{tollgate_loop}}"),
              "percentunit", links=[runbook("journal-full")], max=1),
        graph("Ledger: waiting", "Requests and audit lines that are not in the database yet.",
              targets((total(selector("tollgate_ledger_rows_waiting")), "requests"), (total(selector("tollgate_ledger_audit_waiting")), "audit")),
              "short", links=[runbook("ledger-lag")]),
        graph("Ledger: writes and faults", "Rows and transactions, per second; faults are refusals of the database, refusals requests that found no slot.",
              targets((total(rate("tollgate_ledger_rows_total")), "rows"), (total(rate("tollgate_ledger_transactions_total")), "transactions"),
                      (total(rate("tollgate_ledger_faults_total")), "faults"), (total(rate("tollgate_ledger_refusals_total")), "refusals"),
                      (total(rate("tollgate_audit_dropped_total")), "audit dropped")), "ops", links=[runbook("ledger-refusals"), runbook("ledger-lag"), runbook("audit-dropped")]),
        graph("Processor", "Cores in use, by mode.", one(total(rate("process_cpu_time_seconds_total"), "instance", "cpu_mode"), "{{instance}} {{cpu_mode}}"),
              "short", stack=True, links=[runbook("loop-lag")]),
        graph("Memory", "Resident memory of the process.", one(total(selector("process_memory_usage_bytes"), "instance"), "{{instance}}"), "bytes",
              links=[runbook("loop-lag")]),
        graph("Threads and open files", "Both are steady in health; files follow connections.",
              targets((total(selector("process_open_file_descriptor_count"), "instance"), "{{instance}} files"),
                      (total(selector("process_thread_count"), "instance"), "{{instance}} threads")), "short", links=[runbook("connections-refused")]),
    )


def telemetry():
    return row(
        "Telemetry's own health",
        graph("Exported", "Spans, log records and data points that the collector took or refused, per second; `error_type` says why not.",
              targets((total(rate("otel_sdk_exporter_span_exported_total"), "error_type"), "spans {{error_type}}"),
                      (total(rate("otel_sdk_exporter_log_exported_total"), "error_type"), "logs {{error_type}}"),
                      (total(rate("otel_sdk_exporter_metric_data_point_exported_total"), "error_type"), "points {{error_type}}")), "ops",
              links=[runbook("telemetry-spool-filling")]),
        graph("Dropped", "What was lost for good, per second, by signal and reason. In health there is nothing here.",
              one(total(rate("tollgate_telemetry_dropped_total"), "signal", "reason"), "{{signal}} {{reason}}"), "ops", stack=True,
              links=[runbook("telemetry-dropped")]),
        graph("Spool", "Telemetry on disk that waits for a collector: bytes, and seconds since the oldest of it (right).",
              targets((total(selector("tollgate_telemetry_spool_bytes"), "instance", "otel_component_name"), "{{instance}} {{otel_component_name}} bytes"),
                      (f"max by (instance, otel_component_name) ({selector('tollgate_telemetry_spool_oldest_age_seconds')})",
                       "{{instance}} {{otel_component_name}} oldest")), "bytes",
              overrides=[{"matcher": {"id": "byRegexp", "options": ".* oldest"},
                          "properties": [{"id": "unit", "value": "s"}, {"id": "custom.axisPlacement", "value": "right"}]}],
              links=[runbook("telemetry-spool-filling")]),
        graph("Export duration, p95", "How long the collector takes for a batch.",
              one(quantile(0.95, "otel_sdk_exporter_operation_duration_seconds", by=("otel_component_name",)), "{{otel_component_name}}"), "s",
              links=[runbook("telemetry-spool-filling")]),
        graph("Spans and their sampling", "Spans that were begun, per second, and requests that were not sampled.",
              one(total(rate("otel_sdk_span_started_total"), "otel_span_sampling_result"), "{{otel_span_sampling_result}}"), "ops",
              links=[runbook("telemetry-dropped")]),
        graph("Series without room", "Sets of labels that found no room, by instrument: somebody makes many users, projects or models.",
              one(total(increase("tollgate_metrics_overflow_total", window="$__rate_interval"), "tollgate_instrument"), "{{tollgate_instrument}}"), "short",
              links=[runbook("series-overflow")]),
    )


def operation():
    return row(
        "Operation",
        stat("Running", "Gateways that report, by version.", one(total(selector("tollgate_build_info"), "service_version"), "{{service_version}}"), "short",
             links=[runbook("no-traffic")]),
        stat("Youngest process", "Seconds since the last start: a small number that nobody expected is a crash.",
             one(f"min({selector('process_uptime_seconds')})"), "s", links=[runbook("no-traffic")]),
        stat("Last reload", "1 if the last reload of the configuration went well.", one(f"min({selector('tollgate_config_last_reload_success')})"), "short",
             steps=thresholds((None, "red"), (1, "green")), links=[runbook("configuration-reload-failed")]),
        stat("Certificate ends in", "Time until the gateway's own certificate ends.",
             one(f"min({selector('tollgate_tls_certificate_not_after_seconds')} > 0) - time()"), "s",
             steps=thresholds((None, "red"), (7 * 86400, "orange"), (21 * 86400, "green")), links=[runbook("certificate-expiry")]),
        stat("Unpriced requests, 24 h", "Attempts whose model has no price: they count as nothing in every sum of dollars.",
             one(total(increase("tollgate_unpriced_requests_total", window="24h"))), "short", steps=thresholds((None, "green"), (1, "orange")),
             links=[runbook("unpriced-requests")]),
        stat("Webhook alerts lost, 24 h", "Budget alerts that a webhook did not take.",
             one(total(increase("tollgate_alerts_total", 'tollgate_result!="sent"', window="24h")) + " or vector(0)"), "short",
             steps=thresholds((None, "green"), (1, "red")), links=[runbook("webhook-alerts-lost")]),
        graph("Key sets of token issuers", "Fetches of the keys that tokens are verified with, per second, by issuer; `error_type` is there on failure.",
              one(total(rate("tollgate_token_keys_fetches_total"), "tollgate_token_issuer", "error_type"), "{{tollgate_token_issuer}} {{error_type}}"), "ops",
              width=12, links=[runbook("token-keys-failing")]),
        graph("Webhook alerts", "Budget alerts that were posted, per second, by result.",
              one(total(rate("tollgate_alerts_total"), "tollgate_result"), "{{tollgate_result}}"), "ops", width=12, links=[runbook("webhook-alerts-lost")]),
    )


def make():
    return dashboard(
        "tollgate-sre", "Tollgate / SRE", "Rate, errors and duration; what the gateway adds; providers; what fills up; the objectives and how fast they burn.",
        [overview(), red(), latency(), objectives(), providers(), saturation(), telemetry(), operation()],
        [values("provider", "Provider", "tollgate_attempts_total", "tollgate_provider")], since="now-3h", refresh="30s")
