"""Writes the dashboards next to this folder: `python3 dashboards/generate`. With `--check` it only says which are not up to date."""

import json
import pathlib
import sys

import claude_code
import developer
import finance
import sre

FOLDER = pathlib.Path(__file__).resolve().parents[1]
DASHBOARDS = {"sre": sre, "developer": developer, "finance": finance, "claude-code": claude_code}


def main(only_check):
    stale = []
    for name, module in DASHBOARDS.items():
        file, text = FOLDER / f"{name}.json", json.dumps(module.make(), indent=2, ensure_ascii=False) + "\n"
        if file.exists() and file.read_text() == text:
            continue
        stale.append(file.name)
        if not only_check:
            file.write_text(text)
    print(f"{'not up to date' if only_check else 'written'}: {', '.join(stale)}" if stale else "up to date")
    return bool(stale) and only_check


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
