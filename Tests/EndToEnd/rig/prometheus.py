"""A real Prometheus that scrapes one target, and the text formats as its own library for Python reads them."""

import json
import shutil
import subprocess
import urllib.parse
import urllib.request

from rig.collector import free_port
from rig.waiting import eventually

PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")


class Prometheus:
    """Scrapes `address` each quarter of a second, with exemplars; `token` is shown as a credential."""

    def __init__(self, folder, address, token=None):
        self.folder, self.port = folder / "prometheus", free_port()
        self.folder.mkdir()
        job = {"job_name": "tollgate", "scrape_interval": "250ms", "scrape_timeout": "250ms",
               "static_configs": [{"targets": ["%s:%d" % address]}]}
        if token:
            job["authorization"] = {"credentials": token}
        (self.folder / "p.yml").write_text(json.dumps({"scrape_configs": [job]}))

    def __enter__(self):
        self.process = subprocess.Popen(
            [PROMETHEUS, f"--config.file={self.folder}/p.yml", f"--web.listen-address=127.0.0.1:{self.port}",
             f"--storage.tsdb.path={self.folder}/data", "--enable-feature=exemplar-storage"],
            stdout=subprocess.DEVNULL, stderr=(self.folder / "log").open("w"))
        try:
            eventually(self.is_up, "Prometheus scrapes the gateway", 20)
        except AssertionError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def get(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}?{query}", timeout=5) as answer:
            return json.load(answer)["data"]

    def is_up(self):
        try:
            return any(row["value"][1] == "1" for row in self.query("up"))
        except OSError:
            return False

    def query(self, expression):
        return self.get("query", query=expression)["result"]

    def value(self, expression):
        """The value of an expression with at most one result; 0 if there is none."""
        rows = self.query(expression)
        assert len(rows) < 2, rows
        return float(rows[0]["value"][1]) if rows else 0.0

    def target(self):
        (target,) = self.get("targets")["activeTargets"]
        return target
