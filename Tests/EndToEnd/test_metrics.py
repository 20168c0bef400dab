"""Smoke."""
from rig.gateway import prompt


def test_smoke(gateway, upstream, sink, key):
    for _ in range(3):
        assert gateway.messages(key, prompt(stream=True)).status == 200
    for accept in ("", "application/openmetrics-text; version=1.0.0"):
        answer = gateway.request("GET", "/metrics", {"accept": accept} if accept else {})
        assert answer.status == 200
        open("/tmp/metrics-%s.txt" % ("om" if accept else "text"), "wb").write(answer.body)
