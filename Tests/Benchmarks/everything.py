"""Everything on: access rules and twenty rules of which five budgets and three limits are about each request."""


def rules():
    """A request of the rig is held against three access rules, five budgets and three limits; the others are about somebody else."""
    money = {"limit_to": 1_000_000, "unit": "cost_per_day"}
    access = [
        {"id": "interns-no-opus", "when": {"teams": ["interns"]}, "deny": {"models": ["*opus*"]}},
        {"id": "no-previews", "deny": {"models": ["*-preview"]}},
        {"id": "bench-models", "when": {"teams": ["bench"]}, "allow": {"models": ["claude-*", "gpt-*"]}},
    ]
    budgets = [
        {"id": "person", "budget_applies_per": ["user"], **money},
        {"id": "team", "when": {"teams": ["bench"]}, "budget_applies_per": ["team"], **money},
        {"id": "model", "when": {"not": {"groups": ["senior"]}}, "budget_applies_per": ["model"], **money},
        {"id": "project", "when": {"not": {"groups": ["senior"]}}, "limit_to": 1_000_000, "unit": "cost_per_month"},
        {"id": "tokens", "limit_to": "900000M", "unit": "tokens_per_month", "budget_applies_per": ["user"]},
    ] + [{"id": f"others-{number}", "when": {"teams": [f"team-{number}"], "models": ["*opus*"]}, **money} for number in range(8)]
    often = {"limit_to": 100_000_000}
    limits = [
        {"id": "minute", "unit": "requests_per_minute", "rate_limit_applies_per": ["user"], **often},
        {"id": "at-once", "unit": "concurrent_requests", "rate_limit_applies_per": ["user"], **often},
        {"id": "day", "unit": "tokens_per_day", "limit_to": "900000M"},
    ] + [{"id": f"slow-{number}", "when": {"users": [f"user-{number}"]}, "unit": "requests_per_hour", **often} for number in range(4)]
    return {"access": access, "budgets": budgets, "rate_limits": limits}
