"""A real Prometheus, Debian's, that scrapes gateways every second and has the project's rules loaded."""

import json
import subprocess
import urllib.parse
import urllib.request

from rig.collector import free_port
from rig.waiting import eventually


def promtool(*arguments, **options):
    """Run promtool; what it says on both outputs."""
    return subprocess.run(["promtool", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


class Prometheus:
    """A context manager. `targets` are addresses as (host, port), or (host, port, path of a certificate authority) for TLS."""

    def __init__(self, folder, targets, rules=(), job="tollgate"):
        self._folder, self._port = folder, free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        jobs = []
        for place, (host, port, *authority) in enumerate(targets):
            tls = {"scheme": "https", "tls_config": {"ca_file": str(authority[0]), "server_name": "localhost"}} if authority else {}
            jobs.append({"job_name": f"{job}-{place}" if place else job, "scrape_interval": "1s", "scrape_timeout": "1s",
                         "static_configs": [{"targets": [f"{host}:{port}"], "labels": {"job": job}}], **tls})
        config = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "scrape_configs": jobs,
                  "rule_files": [str(rule) for rule in rules]}
        self.file = folder / "prometheus.yml"
        self.file.write_text(json.dumps(config))  # JSON is YAML

    def __enter__(self):
        self._output = open(self._folder / "prometheus.log", "w")
        self._process = subprocess.Popen(
            ["prometheus", f"--config.file={self.file}", f"--web.listen-address=127.0.0.1:{self._port}",
             f"--storage.tsdb.path={self._folder / 'prometheus'}", "--enable-feature=exemplar-storage", "--log.level=warn"],
            stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output)
        eventually(self._is_ready, "Prometheus is ready", 30)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(20)
        self._output.close()

    def _is_ready(self):
        try:
            return urllib.request.urlopen(f"{self.url}/-/ready", timeout=1).status == 200
        except OSError:
            return False

    def get(self, path, **parameters):
        """The data of an answer of the HTTP API; an error's text fails."""
        body = urllib.parse.urlencode(parameters).encode()
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}", body or None, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path} {parameters}: {error.read().decode()}") from error

    def query(self, expr):
        """The samples of an instant query now: (labels, number), without what is not a number."""
        found = self.get("query", query=expr)
        samples = [found["result"]] if found["resultType"] == "scalar" else [one["value"] for one in found["result"]]
        labels = [{}] if found["resultType"] == "scalar" else [one["metric"] for one in found["result"]]
        return [(names, float(value)) for names, (_, value) in zip(labels, samples) if value != "NaN"]

    def query_range(self, expr, begin, end, step=1):
        """The same over a time, without what is not a number."""
        found = self.get("query_range", query=expr, start=begin, end=end, step=step)["result"]
        return [(one["metric"], float(value)) for one in found for _, value in one["values"] if value != "NaN"]

    def has_series(self, selector):
        return bool(self.get("series", **{"match[]": selector}))

    def targets(self):
        with urllib.request.urlopen(f"{self.url}/api/v1/targets", timeout=10) as answer:
            return json.load(answer)["data"]["activeTargets"]

    def rules(self):
        with urllib.request.urlopen(f"{self.url}/api/v1/rules", timeout=10) as answer:
            return [rule for group in json.load(answer)["data"]["groups"] for rule in group["rules"]]
