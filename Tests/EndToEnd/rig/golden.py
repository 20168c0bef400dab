"""Golden files: what is expected stands in a file, and is written anew with GOLDEN=write."""

import os
import pathlib
import re

FOLDER = pathlib.Path(__file__).parent.parent / "golden"
REMOTE = 0x200  # the parent is a span of another process
KINDS = {1: "INTERNAL", 2: "SERVER", 3: "CLIENT"}
# What differs from run to run: ids, times, ports, addresses of the machine.
VOLATILE = re.compile(r"(_ns|\.port|ratio_of_time|time_to_first_chunk|request_id|\.request\.id|response\.id|key\.id|body\.size|instance\.id|"
                      r"host\.name|process\.pid|service\.version|sdk\.version|client\.address|conversation\.id|session\.id)$")


def matches(name, text):
    """Compare with golden/NAME."""
    file = FOLDER / name
    if os.environ.get("GOLDEN") == "write":
        file.write_text(text)
    assert file.exists(), f"{file} is missing; GOLDEN=write makes it"
    assert text == file.read_text(), f"{name} differs; GOLDEN=write takes what is there now:\n{text}"


def shown(name, page):
    """A page of docs/ shows golden/NAME, in the block behind a comment with that name."""
    file = FOLDER.parent.parent.parent / "docs" / page
    text = file.read_text()
    block = f"<!-- Tests/EndToEnd/golden/{name} -->\n```\n{(FOLDER / name).read_text()}```\n"
    if os.environ.get("GOLDEN") == "write":
        text = re.sub(rf"<!-- Tests/EndToEnd/golden/{re.escape(name)} -->\n```\n.*?```\n", lambda _: block, text, flags=re.DOTALL)
        file.write_text(text)
    assert block in text, f"docs/{page} shows another {name}; GOLDEN=write brings it up to date"


def value(name, given):
    if VOLATILE.search(name):
        return f"<{type(given).__name__}>"
    return repr(given)


def tree(spans):
    """Spans of traces as text: children below their parents, in the order of their begin, attributes sorted."""
    known = {span.span_id for span in spans}
    numbers = {span.span_id: number for number, span in enumerate(sorted(spans, key=lambda s: (s.begin, s.name)))}
    lines = []

    def show(span, depth):
        pad = "  " * depth
        whose = "the client's span" if span.flags & REMOTE else "its prompt's span"
        parent = f" (child of {whose})" if span.parent_id and span.parent_id not in known else ""
        status = {0: "", 1: " OK", 2: " ERROR"}[span.status]
        lines.append(f"{pad}{span.name} · {KINDS[span.kind]}{status}{parent}")
        for name in sorted(span.attributes):
            lines.append(f"{pad}    {name} = {value(name, span.attributes[name])}")
        for name, attributes in span.events:
            lines.append(f"{pad}    event {name}")
            lines.extend(f"{pad}      {key} = {value(key, attributes[key])}" for key in sorted(attributes))
        for _, target, attributes in span.links:
            there = f"span {numbers[target]}" if target in numbers else "a span elsewhere"
            lines.append(f"{pad}    link to {there}: {attributes}")
        for child in sorted((s for s in spans if s.parent_id == span.span_id), key=lambda s: (s.begin, s.name)):
            show(child, depth + 1)

    for root in sorted((s for s in spans if s.parent_id not in known), key=lambda s: (s.begin, s.name)):
        show(root, 0)
    return "\n".join(lines) + "\n"
