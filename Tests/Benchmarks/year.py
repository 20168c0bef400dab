#!/usr/bin/env python3
"""A year of a large house in a ledger, and how long each report takes on it.

    year.py make FOLDER [--days 365] [--requests 100000]   fill FOLDER with a ledger (about 20 GB for a year) and a configuration
    year.py measure FOLDER                                 time the reports: the best of three runs

500 people in 25 teams; each works with three of eight models, in two of 60 projects, in about six sessions a day, on working days more than on
weekends, with a new version of the client every other day. Rows are made by SQL, the roll-ups by `tollgate report rebuild`.
"""

import argparse
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import time

EPOCH_MS = 1_577_836_800_000
ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ("claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-5-5", "claude-sonnet-4-6", "claude-opus-4-7", "gpt-5", "claude-fable-5-2", "gemini-3.8-pro")

# n: number of the request within the day; h: a number without a pattern. Every hundredth fails, every five hundredth is tried twice.
DAY = """
WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < :requests - 1),
q AS (SELECT n, (n * 2654435761 + :day * 40503) & 0xFFFFFFF AS h FROM c),
p AS (SELECT n, h, h % 500 AS u, (h / 500) % 100 AS r FROM q),
m AS (SELECT *, CASE WHEN r < 60 THEN u % 8 WHEN r < 85 THEN (u + 2) % 8 ELSE (u + 5) % 8 END AS model,
      CASE WHEN r % 3 = 0 THEN (u * 7 + 1) % 60 ELSE u * 7 % 60 END AS project FROM p)
INSERT INTO requests (id, started_at, duration_ns, ttfb_ns, user, team, key_id, session_id, agent_id, parent_agent_id, agent_type, request_class,
  prompt_id, project, metadata, model_requested, model_served, provider, provider_kind, client_version, entrypoint, operation, streamed, status, outcome,
  input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, output_tokens, web_search_requests, web_fetch_requests, usage,
  cost_nano_usd, price_version, unpriced, estimated, truncated, stop_reason, upstream_request_id, bytes_in, bytes_out, attempts, groups,
  virtual_account)
SELECT (((:start + n * 86400000 / :requests) - {epoch}) << 22) | (n & 65535), (:start + n * 86400000 / :requests) * 1000000, 9000000000, 900000000,
  'user' || u || '@example.com', 'team-' || (u % 25), 'key-' || u, printf('%08x-0000-4000-8000-%012x', :day * 4000 + u * 6 + r % 6, u),
  CASE WHEN r % 4 = 0 THEN printf('agent-%d-%d', :day, h % 9000) ELSE '' END, '', '', '', '', 'project-' || project,
  '{{"project":"project-' || project || '","environment":"' || CASE WHEN r % 10 = 0 THEN 'ci' ELSE 'dev' END || '"}}',
  :m{list} , :m{list}, CASE WHEN model >= 5 THEN 'second' ELSE 'main' END, 'anthropic', '2.1.' || (150 + :day / 2 - (u % 7 = 0)),
  CASE WHEN u % 5 = 0 THEN 'sdk-ts' ELSE 'cli' END, 'messages', 1, 200,
  CASE WHEN r = 0 THEN 'upstream_error' ELSE 'ok' END, 20 + h % 400, h % 3000, 0, 20000 + h % 90000, 100 + h % 900, 0, 0,
  '{{"input_tokens":' || (20 + h % 400) || ',"cache_creation_input_tokens":' || (h % 3000) || ',"cache_read_input_tokens":' || (20000 + h % 90000) || ',"output_tokens":' || (100 + h % 900) || ',"service_tier":"standard"}}',
  2000 * (20 + h % 400) + 2500 * (h % 3000) + 100 * (20000 + h % 90000) + 10000 * (100 + h % 900), 'anthropic-2026-11-20/x', 0, r = 1, 0, 'end_turn', 'req_upstream' || n,
  90000, 5000, CASE WHEN r % 100 = 7 AND h % 5 = 0 THEN 2 ELSE 1 END, 'engineering,team-' || (u % 25),
  CASE WHEN u >= 490 THEN 'ci-' || u ELSE '' END FROM m
"""
NAMES = "CASE model " + " ".join(f"WHEN {i} THEN '{name}'" for i, name in enumerate(MODELS)) + " END"
DAY = DAY.format(epoch=EPOCH_MS, list="").replace(":m ", NAMES + " ").replace(":m,", NAMES + ",")

COUNTS = "input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, output_tokens, web_search_requests, web_fetch_requests"
ATTEMPTS = f"""
INSERT INTO attempts (request_id, ordinal, provider, provider_kind, model, status, outcome, started_at, duration_ns, {COUNTS}, cost_nano_usd,
  estimated, reused_connection, price_version, upstream_request_id)
SELECT id, attempts - 1, provider, provider_kind, model_served, status, outcome, started_at, duration_ns, {COUNTS}, cost_nano_usd, estimated, 1, price_version, upstream_request_id
FROM requests WHERE id >= ? AND id < ?
UNION ALL
SELECT id, 0, 'second', provider_kind, model_served, 529, 'upstream_error', started_at, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, NULL, NULL
FROM requests WHERE id >= ? AND id < ? AND attempts = 2
ORDER BY 1, 2
"""


def binary():
    return os.environ.get("TOLLGATE_BINARY") or str(ROOT / ".build" / "release" / "tollgate")


def make(folder, days, requests, rebuild=True):
    folder.mkdir(parents=True, exist_ok=True)
    config = {"data": str(folder / "data"), "providers": [
        {"name": name, "kind": "anthropic", "api_key": "x"} for name in ("main", "second")], "models": [{"name": "*", "target": "main/*"}]}
    (folder / "tollgate.yaml").write_text(json.dumps(config))
    subprocess.run([binary(), "keys", "issue", "--config", folder / "tollgate.yaml", "--user", "x"], check=True, capture_output=True)
    connection = sqlite3.connect(folder / "data" / "ledger.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-400000")
    today = int(time.time()) // 86400
    for day in range(days):
        start = (today - days + day) * 86_400_000
        count = requests * 13 // 10 if (today - days + day + 3) % 7 < 5 else requests // 4
        first = (start - EPOCH_MS) << 22
        end = (start + 86_400_000 - EPOCH_MS) << 22
        connection.execute("BEGIN")
        connection.execute(DAY, {"requests": count, "day": day, "start": start})
        connection.execute(ATTEMPTS, (first, end, first, end))
        connection.execute("COMMIT")
        if day % 30 == 0:
            print(f"day {day}", flush=True)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    if not rebuild:
        return
    begun = time.time()
    subprocess.run([binary(), "report", "rebuild", "--config", folder / "tollgate.yaml"], check=True)
    print(f"roll-ups rebuilt in {time.time() - begun:.1f} s")


REPORTS = [
    ("whole year", []), ("by team", ["--by", "team"]), ("by user", ["--by", "user"]), ("by model", ["--by", "model"]), ("by day", ["--by", "day"]),
    ("by month, team", ["--by", "month,team"]), ("by user, model", ["--by", "user,model"]), ("by project", ["--by", "project"]), ("by key", ["--by", "key"]),
    ("by provider", ["--by", "provider"]), ("by outcome", ["--by", "outcome"]), ("one team by user", ["--by", "user", "--where", "team=team-3"]),
    ("7 days by session", ["--by", "session", "--since", "7d"]), ("year by session", ["--by", "session"]), ("year by agent", ["--by", "agent"]),
    ("year by client version", ["--by", "client_version"]), ("year by environment", ["--by", "metadata.environment"]),
    ("one day by session", ["--by", "session", "--since", "1d"]),
    ("since yesterday 08:17 by team", ["--by", "team", "--since", "30h"]), ("forecast by team", ["--forecast", "--by", "team"]),
    ("focus, 31 days", ["--format", "focus", "--since", "31d"]), ("html", ["--format", "html"]),
    ("what-if, 30 days", ["what-if", "--map", "opus=sonnet", "--since", "30d"]), ("what-if, year", ["what-if", "--map", "opus=sonnet", "--since", "365d"]),
    ("what-if, year, subagents", ["what-if", "--subagents", "haiku", "--since", "365d"]),
    ("what-if, year, cache for an hour", ["what-if", "--cache-ttl", "1h", "--since", "365d"]),
    ("what-if, year, both, one team", ["what-if", "--cache-ttl", "1h", "--subagents", "haiku", "--by", "team", "--where", "team=team-3", "--since", "365d"]),
    ("year by entrypoint", ["--by", "entrypoint"]), ("year by groups", ["--by", "groups"]), ("year by service account", ["--by", "virtual_account"]),
    ("year by day, client version", ["--by", "day,client_version"]), ("year of a group by user", ["--by", "user", "--where", "groups=team-3"]),
    ("activity by user", ["--activity", "--by", "user"]),
    ("cache breaks", ["--cache"]),
]


def measure(folder):
    worst = 0
    for name, arguments in REPORTS:
        times = []
        for _ in range(3):
            begun = time.monotonic()
            done = subprocess.run(
                [binary(), "report", *arguments, "--config", folder / "tollgate.yaml"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            times.append(time.monotonic() - begun)
        note = "" if done.returncode == 0 else "  " + done.stderr.strip()[:100]
        worst = max(worst, min(times))
        print(f"{name:34} {min(times):8.2f} s   (first {times[0]:.2f} s){note}", flush=True)
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("make", "measure"))
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--requests", type=int, default=100_000)
    given = parser.parse_args()
    if given.what == "make":
        make(given.folder, given.days, given.requests)
    else:
        sys.exit(measure(given.folder) > 2)


if __name__ == "__main__":
    main()
