"""The collector configurations and the compose file. There is no otelcol and no Docker where the tests run, so their structure is checked: everything
that is used is defined and the other way round, components and their settings are known ones, queues are on disk, secrets come from the environment."""

import copy
import itertools
import re

import pytest
import yaml

from rig.gateway import ROOT
from rig.prometheus import promtool

OTEL = ROOT / "otel"
FILES = sorted(OTEL.glob("*.yaml"))
CONFIGS = {file.stem: yaml.safe_load(file.read_text()) for file in FILES if file.stem != "compose"}
COMPOSE = yaml.safe_load((OTEL / "compose.yaml").read_text())
each = pytest.mark.parametrize("name", CONFIGS)

QUEUE = {"retry_on_failure": {"enabled", "max_elapsed_time", "initial_interval", "max_interval", "multiplier", "randomization_factor"},
         "sending_queue": {"enabled", "storage", "queue_size", "num_consumers", "batch", "block_on_overflow", "sizer", "wait_for_result"}}
# Of each component that is used: the settings that its documentation has (collector 0.162).
KNOWN = {
    "extensions": {"health_check": {"endpoint"}, "file_storage": {"directory", "create_directory", "fsync", "compaction", "timeout"}},
    "receivers": {"otlp": {"protocols"}},
    "processors": {"memory_limiter": {"check_interval", "limit_percentage", "spike_limit_percentage", "limit_mib", "spike_limit_mib"},
                   "deltatocumulative": {"max_stale", "max_streams"}, "cumulativetodelta": {"max_staleness", "include", "exclude", "initial_value"},
                   "transform": {"error_mode", "trace_statements", "metric_statements", "log_statements"}, "filter": {"error_mode", "trace_conditions"}},
    "connectors": {"span_metrics": {"histogram", "dimensions", "aggregation_temporality", "resource_metrics_key_attributes", "metrics_flush_interval", "namespace"}},
    "exporters": {"otlp_http": {"endpoint", "traces_endpoint", "metrics_endpoint", "logs_endpoint", "headers", "compression", "timeout", "tls", *QUEUE},
                  "signalfx": {"access_token", "realm", "send_otlp_histograms", *QUEUE},
                  "splunk_hec": {"endpoint", "token", "source", "sourcetype", "index", "log_data_enabled", "profiling_data_enabled", *QUEUE}, "nop": set()},
}
SIGNALS = {"traces", "metrics", "logs"}


def kind(component):
    return component.split("/")[0]


def used(config, place):
    return set(itertools.chain.from_iterable(pipeline.get(place, []) for pipeline in config["service"]["pipelines"].values()))


def merged(one, other):
    """As the collector merges several --config files: maps are joined, all else is replaced."""
    result = copy.deepcopy(one)
    for key, value in other.items():
        result[key] = merged(result[key], value) if isinstance(value, dict) and isinstance(result.get(key), dict) else copy.deepcopy(value)
    return result


def check(config):
    connectors = set(config.get("connectors", {}))
    assert set(config["service"]["extensions"]) == set(config["extensions"])
    assert used(config, "receivers") == set(config["receivers"]) | connectors
    assert used(config, "processors") == set(config["processors"])
    assert used(config, "exporters") == set(config["exporters"]) | connectors
    for place, members in KNOWN.items():
        for component, settings in config.get(place, {}).items():
            assert set(settings or {}) <= members[kind(component)], component
    for title, pipeline in config["service"]["pipelines"].items():
        assert kind(title) in SIGNALS and pipeline["receivers"] and pipeline["exporters"], title
        assert set(pipeline) <= {"receivers", "processors", "exporters"}


@each
def test_all_that_is_used_is_defined_and_known_and_all_that_is_defined_is_used(name):
    config = CONFIGS[name]
    assert set(config) <= {"extensions", "receivers", "processors", "connectors", "exporters", "service"}
    assert set(config["service"]) == {"extensions", "telemetry", "pipelines"}
    check(config)


@each
def test_memory_is_limited_before_all_else(name):
    for title, pipeline in CONFIGS[name]["service"]["pipelines"].items():
        if pipeline["exporters"] != ["nop"]:
            assert pipeline["processors"][0] == "memory_limiter", title


@each
def test_nothing_is_lost_while_the_back_end_is_away(name):
    config = CONFIGS[name]
    sending = {title: exporter for title, exporter in config["exporters"].items() if title != "nop"}
    assert sending
    for title, exporter in sending.items():
        assert exporter["retry_on_failure"] == {"enabled": True, "max_elapsed_time": 0}, title
        queue = exporter["sending_queue"]
        assert queue["enabled"] and queue["storage"] in config["extensions"] and queue["queue_size"] >= 10_000, title
        for setting, members in QUEUE.items():
            assert set(exporter[setting]) <= members, title
        if kind(title) == "otlp_http":
            assert {"flush_timeout", "min_size", "max_size"} == set(queue["batch"]), title
    assert config["extensions"]["file_storage"]["fsync"] is True
    assert "batch" not in config["processors"]  # it would hold in memory what was acknowledged


@each
def test_every_signal_of_the_gateway_has_a_pipeline(name):
    """One without would be answered 404, and the gateway would count what it sent as lost."""
    taking = {kind(title) for title, pipeline in CONFIGS[name]["service"]["pipelines"].items() if "otlp" in pipeline["receivers"]}
    assert taking == SIGNALS


@each
def test_secrets_and_addresses_come_from_the_environment_and_are_named_at_the_top(name):
    text = (OTEL / f"{name}.yaml").read_text()
    head = text.split("\n\n")[0] + text.split("\n\n")[1] if text.startswith("#") else ""
    variables = set(re.findall(r"\$\{env:(\w+)", text)) - {"COLLECTOR_LISTEN", "COLLECTOR_STORAGE"}
    assert variables and all(re.search(r"\b%s\b" % variable, head) for variable in variables), variables
    assert not re.search(r"(?i)(key|token|authorization|auth):\s*[\"']?(?!\S*\$\{env:|(Basic|Bearer) \$\{env:)[A-Za-z0-9+/=_-]{12,}", text)
    assert not re.search(r"\$\{(?!env:)", text)


@pytest.mark.parametrize("name", ["datadog", "splunk", "langfuse", "phoenix"])
def test_usage_is_counted_once(name):
    """Where a back end adds up the tokens of all spans, those of SDKs and of Anthropic's API that are about a call through the gateway lose theirs."""
    config = CONFIGS[name]
    statement = config["processors"]["transform/usage_once"]["trace_statements"][0]
    assert statement["context"] == "span" and len(statement["conditions"]) == 2
    pattern = re.search(r'"(\^.*)"\)$', statement["statements"][0]).group(1).replace("\\\\", "\\")
    for attribute in ("gen_ai.usage.input_tokens", "gen_ai.usage.cache_read.input_tokens", "llm.token_count.prompt", "gen_ai.usage.cost"):
        assert re.search(pattern, attribute), attribute
    assert not re.search(pattern, "gen_ai.request.model") and not re.search(pattern, "gen_aiXusage.input_tokens")
    ways = [pipeline for title, pipeline in config["service"]["pipelines"].items() if kind(title) == "traces" and "span_metrics" not in pipeline["exporters"]]
    assert ways and all("transform/usage_once" in pipeline["processors"] for pipeline in ways)


@pytest.mark.parametrize("pair", list(itertools.combinations(CONFIGS, 2)), ids="+".join)
def test_two_configurations_can_be_given_at_once(pair):
    one, other = (CONFIGS[name] for name in pair)
    both = merged(one, other)
    check(both)
    assert len(both["service"]["pipelines"]) == len(one["service"]["pipelines"]) + len(other["service"]["pipelines"])
    for place in ("extensions", "receivers"):
        assert both[place] == one[place] == other[place]


def test_the_readme_explains_each_in_a_few_lines():
    text = (OTEL / "README.md").read_text()
    for file in FILES:
        part = text.split(f"## `{file.name}`", 1)[1].split("\n## ", 1)[0].strip()
        assert 3 <= len([line for line in re.sub(r"```.*?```", "", part, flags=re.DOTALL).splitlines() if line.strip()]) <= 7, file.name


# Compose and what it mounts

SERVICE = {"build", "image", "command", "environment", "volumes", "ports", "depends_on", "restart", "stop_grace_period"}


def test_the_compose_file_is_one():
    assert set(COMPOSE) == {"name", "services", "volumes"}
    mounted = set()
    for name, service in COMPOSE["services"].items():
        assert set(service) <= SERVICE, name
        assert ":" in service["image"] or "build" in service, f"{name}: an image without a version"
        waits = service.get("depends_on", {})
        assert set(waits) <= set(COMPOSE["services"]), name
        for volume in service.get("volumes", []):
            source, target, *mode = volume.split(":")
            assert target.startswith("/") and mode in ([], ["ro"]), volume
            if source.startswith("."):
                assert (OTEL / source).exists() and mode == ["ro"], volume
            else:
                mounted.add(source)
        for port in service.get("ports", []):
            assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port), f"{name}: {port} is open to the world"
    assert mounted == set(COMPOSE["volumes"])
    assert (OTEL / COMPOSE["services"]["tollgate"]["build"]["context"] / "Dockerfile").exists()


def test_services_know_each_other_by_their_names():
    environment = COMPOSE["services"]["collector"]["environment"]
    assert set(re.findall(r"\$\{env:(\w+)\}", (OTEL / "grafana.yaml").read_text())) <= set(environment)
    texts = [*environment.values(), (OTEL / "compose/prometheus.yml").read_text(), (OTEL / "compose/tollgate.yaml").read_text(),
             (OTEL / "compose/grafana/datasources/tollgate.yaml").read_text()]
    for host in re.findall(r"https?://([a-z]+):\d+|targets: \[\"([a-z]+):\d+", "\n".join(map(str, texts))):
        assert (set(host) - {""}).pop() in {*COMPOSE["services"], "localhost"}, host


def test_grafana_finds_data_and_dashboards():
    sources = yaml.safe_load((OTEL / "compose/grafana/datasources/tollgate.yaml").read_text())["datasources"]
    by_uid = {source["uid"]: source for source in sources}
    assert set(by_uid) == {"prometheus", "tempo", "loki"}
    assert by_uid["prometheus"]["jsonData"]["exemplarTraceIdDestinations"] == [{"name": "trace_id", "datasourceUid": "tempo"}]
    assert by_uid["tempo"]["jsonData"]["tracesToLogsV2"]["datasourceUid"] == "loki"
    assert by_uid["tempo"]["jsonData"]["tracesToMetrics"]["datasourceUid"] == "prometheus"
    assert by_uid["loki"]["jsonData"]["derivedFields"][0]["datasourceUid"] == "tempo"
    provider, = yaml.safe_load((OTEL / "compose/grafana/dashboards/tollgate.yaml").read_text())["providers"]
    assert any(volume.endswith(f":{provider['options']['path']}:ro") for volume in COMPOSE["services"]["grafana"]["volumes"])


def test_prometheus_loads_the_rules(tmp_path):
    config = yaml.safe_load((OTEL / "compose/prometheus.yml").read_text())
    folder = config["rule_files"][0].removesuffix("/*.rules.yml")
    assert f"../dashboards/prometheus:{folder}:ro" in COMPOSE["services"]["prometheus"]["volumes"]
    assert "--web.enable-otlp-receiver" in COMPOSE["services"]["prometheus"]["command"]
    # Debian's promtool is of Prometheus 2, which has no `otlp`; it knows all the rest.
    assert set(config.pop("otlp")) == {"translation_strategy", "promote_resource_attributes"}
    config["rule_files"] = [str(ROOT / "dashboards/prometheus" / file.name) for file in (ROOT / "dashboards/prometheus").glob("*.rules.yml")]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    said = promtool("check", "config", tmp_path / "prometheus.yml")
    assert said.returncode == 0 and "2 rule files found" in said.stdout, said.stdout


def test_the_gateway_takes_its_configuration(make_gateway):
    gateway = make_gateway()
    gateway.environment["ANTHROPIC_API_KEY"] = "sk-ant-api03-example"
    said = gateway.run("check", "--config", OTEL / "compose/tollgate.yaml", config=False, code=None)
    assert said.returncode == 0, said.stdout + said.stderr
