"""Requests as Claude Code makes them, to the byte as long as asked: system prompt, tools, and turns full of code."""

import itertools
import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
MODEL = "claude-sonnet-4-5-20250929"
SYSTEM = """You are an interactive command line tool that works on software together with its user.

# Tone
Be brief and to the point. Say what a command does before you run it — above all one that changes something.

# Work
- Read a file before you change it, and keep to the style of what is around it.
- Run the tests after each step; name a place in the code as `path:line`.
- Never commit unless the user said so.
"""
PARAMETERS = {
    "Read": {"file_path": "The absolute path of the file", "offset": "First line", "limit": "Number of lines"},
    "Edit": {"file_path": "The absolute path of the file", "old_string": "The text to replace", "new_string": "By what"},
    "Bash": {"command": "The command to run", "description": "What it does, in five words", "timeout": "Milliseconds"},
    "Grep": {"pattern": "A regular expression such as \"log.*Error\\s+\\w+\"", "path": "Where", "glob": "Which files"},
    "Write": {"file_path": "The absolute path of the file", "content": "What to write"},
}


def tools():
    return [{
        "name": name,
        "description": f"{name} a thing on this machine.\n\nUsage:\n" + "".join(
            f"- `{parameter}`: {text}. Give it whenever it is known; never guess.\n" for parameter, text in fields.items()),
        "input_schema": {
            "type": "object", "additionalProperties": False, "required": [next(iter(fields))],
            "$schema": "http://json-schema.org/draft-07/schema#",
            "properties": {parameter: {"type": "string", "description": text} for parameter, text in fields.items()},
        },
    } for name, fields in PARAMETERS.items()]


def listings():
    """Pieces of real code with numbered lines, as the Read tool shows them; for ever."""
    files = [(path.name, path.read_text().splitlines()) for path in sorted(HERE.glob("*.[ch]")) + sorted(HERE.glob("*.py"))]
    for start in itertools.count(0, 60):
        for name, lines in files:
            first = start % max(1, len(lines) - 60)
            numbered = enumerate(lines[first:first + 60], first + 1)
            yield name, "\n".join(f"{number:6}→{line.replace('    ', chr(9))}" for number, line in numbered)


def turn(number, name, listing):
    use = f"toolu_{number:024d}"
    return [
        {"role": "assistant", "content": [
            {"type": "text", "text": f"I'll look at `{name}` next; \"{name}\" is what the last failure names."},
            {"type": "tool_use", "id": use, "name": "Read", "input": {"file_path": f"/home/me/project/{name}"}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use, "content": listing}]},
    ]


def encode(request):
    return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()


def body(size, stream):
    """A request of exactly `size` bytes."""
    roomy = size > 20_000
    request = {"model": MODEL, "max_tokens": 32000, "stream": stream, "temperature": 1, "metadata": {
        "user_id": "user_5d41402abc4b2a76b9719d911017c592_account__session_0f8fad5b-d9cb-469f-a165-70867728950e"}}
    request["system"] = [{"type": "text", "text": SYSTEM * 12 if roomy else SYSTEM[:240],
                          "cache_control": {"type": "ephemeral"}}]
    request["messages"] = [{"role": "user", "content": [{"type": "text", "text": "Why does the test fail?\n"}]}]
    if roomy:
        request["tools"] = tools() * 3
        for number, (name, listing) in enumerate(listings()):
            more = turn(number, name, listing)
            if len(encode(request)) + len(encode(more)) + 200 > size:
                break
            request["messages"] += more
    last = {"type": "text", "text": ""}
    request["messages"][-1]["content"].append(last)
    missing = size - len(encode(request))
    if missing < 0:
        raise ValueError(f"no request fits into {size} bytes")
    last["text"] = (" and then go on" * (missing // 15 + 1))[:missing]
    made = encode(request)
    assert len(made) == size, (len(made), size)
    return made
