"""What a drill found out."""

import dataclasses
import textwrap


@dataclasses.dataclass
class Outcome:
    """`measured` is what was read off, by its name; `failures` says what did not hold, and is empty where all did."""

    name: str
    tried: str
    survived: str = ""
    measured: dict = dataclasses.field(default_factory=dict)
    failures: list = dataclasses.field(default_factory=list)
    skipped: str = ""  # why it could not be tried here

    @property
    def passed(self):
        return not self.failures and not self.skipped

    def require(self, holds, otherwise):
        """Note what is wrong unless it holds; gives whether it does."""
        if not holds:
            self.failures.append(otherwise)
        return bool(holds)

    @property
    def verdict(self):
        return "skipped" if self.skipped else "passed" if self.passed else "FAILED"

    def text(self):
        lines = [f"{self.name}: {self.verdict}", field("tried", self.tried)]
        if self.skipped:
            return "\n".join(lines + [field("skipped", self.skipped)])
        if self.survived:
            lines.append(field("survived", self.survived))
        lines += [field("measured", ", ".join(f"{name} {value}" for name, value in self.measured.items()))]
        return "\n".join(lines + [field("WRONG", failure) for failure in self.failures])

    def row(self):
        """Of a table: name, verdict, figures."""
        return [self.name, self.verdict, "; ".join(f"{name} {value}" for name, value in self.measured.items()) or self.skipped]


def field(name, text):
    return textwrap.fill(f"{name:9} {text}", 118, initial_indent="  ", subsequent_indent=" " * 12)


def markdown(outcomes):
    rows = [["drill", "", "measured"], ["---", "---", "---"]] + [each.row() for each in outcomes]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows)
