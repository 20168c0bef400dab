"""Runs the real Claude Code, as the claude-agent-sdk package carries it, with a home and an environment of its own."""

import json
import pathlib
import subprocess
import sysconfig
import threading
import time

PROGRAM = pathlib.Path(sysconfig.get_paths()["purelib"]) / "claude_agent_sdk" / "_bundled" / "claude"


class Run:
    """One finished run."""

    def __init__(self, code, events, stderr):
        self.code, self.events, self.stderr = code, events, stderr
        results = [event for _, event in events if event.get("type") == "result"]
        self.result = results[-1] if results else {}
        self.text = str(self.result.get("result", ""))
        self.session = self.result.get("session_id")

    def said(self, text, code=0):
        assert text in self.text, (self.text[:500], self.stderr[-500:])
        assert self.code == code, (self.code, self.text[:500])

    def usage(self, *names):
        return {name: self.result["usage"][name] for name in names}


class Claude:
    """A developer: a home, a working folder, and the variables that point Claude Code at a gateway."""

    def __init__(self, folder, url, key, limit=100):
        self.home, self.work, self._limit = folder / "home", folder / "work", limit
        self.home.mkdir()
        self.work.mkdir()
        self.environment = {
            "HOME": str(self.home), "PATH": "/usr/local/bin:/usr/bin:/bin", "IS_SANDBOX": "1",
            "ANTHROPIC_BASE_URL": url, "ANTHROPIC_AUTH_TOKEN": key,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_TELEMETRY": "1", "DISABLE_AUTOUPDATER": "1",
        }

    def run(self, prompt, *arguments, **environment):
        command = [PROGRAM, "-p", "--output-format", "stream-json", "--include-partial-messages", "--verbose", *arguments, "--", prompt]
        kept = {name: value for name, value in {**self.environment, **environment}.items() if value is not None}
        with open(self.home / "stderr", "w+") as stderr:
            process = subprocess.Popen(
                command, cwd=self.work, env=kept, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr)
            guard = threading.Timer(self._limit, process.kill)
            guard.start()
            events = [(time.monotonic(), json.loads(line)) for line in process.stdout if line.startswith("{")]
            code = process.wait()
            guard.cancel()
            stderr.seek(0)
            return Run(code, events, stderr.read())
