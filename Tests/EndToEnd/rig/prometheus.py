"""A real Prometheus, Debian's, that scrapes gateways and may have the project's rules loaded."""

import json
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from rig.ports import free_port
from rig.waiting import eventually

PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")


def promtool(*arguments, **options):
    """Run promtool; what it says on both outputs."""
    return subprocess.run([PROMTOOL, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, **options)


class Prometheus:
    """A context manager. `targets` are addresses as (host, port), or (host, port, path of a certificate authority) for TLS; `token` is shown to each
    as a credential. Exemplars are kept."""

    def __init__(self, folder, targets, rules=(), token=None, job="tollgate"):
        self._folder, self._port = folder / "prometheus", free_port()
        self._folder.mkdir()
        self.url = f"http://127.0.0.1:{self._port}"
        jobs = []
        for place, (host, port, *authority) in enumerate(targets):
            tls = {"scheme": "https", "tls_config": {"ca_file": str(authority[0]), "server_name": "localhost"}} if authority else {}
            credential = {"authorization": {"credentials": token}} if token else {}
            jobs.append({"job_name": f"{job}-{place}" if place else job, "scrape_interval": "1s", "scrape_timeout": "1s",
                         "static_configs": [{"targets": [f"{host}:{port}"], "labels": {"job": job}}], **tls, **credential})
        config = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "scrape_configs": jobs,
                  "rule_files": [str(rule) for rule in rules]}
        self._file = self._folder / "prometheus.yml"
        self._file.write_text(json.dumps(config))  # JSON is YAML

    def __enter__(self):
        self._output = open(self._folder / "log", "w")
        self._process = subprocess.Popen(
            [PROMETHEUS, f"--config.file={self._file}", f"--web.listen-address=127.0.0.1:{self._port}",
             f"--storage.tsdb.path={self._folder / 'data'}", "--enable-feature=exemplar-storage", "--log.level=warn"],
            stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output)
        try:
            eventually(self._is_ready, "Prometheus is ready", 30)
            eventually(lambda: {one["health"] for one in self.targets()} == {"up"}, "Prometheus scrapes all targets", 30)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._output.close()

    def _is_ready(self):
        try:
            return urllib.request.urlopen(f"{self.url}/-/ready", timeout=1).status == 200
        except OSError:
            return False

    def get(self, path, **parameters):
        """The data of an answer of the HTTP API to a query; an error's text fails."""
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

    def value(self, expr):
        """The value of an expression with at most one result; 0 if there is none."""
        found = self.query(expr)
        assert len(found) < 2, found
        return found[0][1] if found else 0.0

    def has_series(self, selector):
        return bool(self.get("series", **{"match[]": selector}))

    def targets(self):
        return self.get("targets")["activeTargets"]

    def rules(self):
        return [rule for group in self.get("rules")["groups"] for rule in group["rules"]]
