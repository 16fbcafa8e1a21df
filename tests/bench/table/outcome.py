"""Rows of the table: figures, goals, verdicts; as text, JSON and Markdown. Pure: runs nothing."""
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field

FORMAT = 1


@dataclass(frozen=True)
class Goal:
    """A bound that a figure is held to."""

    bound: float
    at_least: bool = True

    def met(self, value):
        return value >= self.bound if self.at_least else value <= self.bound

    def text(self, unit):
        return f"{'at least' if self.at_least else 'at most'} {number(self.bound)}{unit_text(unit)}"


@dataclass(frozen=True)
class Figure:
    what: str
    value: float
    unit: str                 # "times", "%", "us", ...
    goal: Goal | None = None  # none: for information

    @property
    def met(self):
        return self.goal is None or self.goal.met(self.value)

    def text(self):
        return f"{self.what} {number(self.value)}{unit_text(self.unit)}".strip()


@dataclass
class Row:
    """One line of the table. No figures: it could not be measured, and `note` says why."""

    name: str
    work: str
    against: str
    figures: list
    details: dict = field(default_factory=dict)
    note: str = ""
    seconds: float = 0.0

    @property
    def command(self):
        return f"scripts/bench.sh --row {self.name}"

    @property
    def verdict(self):
        if not self.figures:
            return "not measured"
        return "met" if all(figure.met for figure in self.figures) else "missed"

    @property
    def goals(self):
        return ", ".join(f"{figure.what} {figure.goal.text(figure.unit)}".strip()
                         for figure in self.figures if figure.goal)

    @property
    def measured(self):
        return ", ".join(figure.text() for figure in self.figures) or self.note


@dataclass(frozen=True)
class Measured:
    figures: list
    details: dict = field(default_factory=dict)  # medians and samples, as JSON has them
    note: str = ""


@dataclass(frozen=True)
class Task:
    """A row before it is measured: measure(workplace, span_measurements) gives Measured or raises Unmeasured."""

    name: str
    work: str
    against: str
    measure: Callable
    needs_peer: bool = False
    wants: list = field(default_factory=list)  # [(setting, sides)] of the span measurements that it reads

    def row(self, measured, seconds):
        return Row(self.name, self.work, self.against, measured.figures, measured.details, measured.note, seconds)


def number(value):
    """Three figures that matter, without an exponent."""
    if value != 0 and abs(value) < 100:
        return f"{value:.3g}"
    return f"{value:,.0f}"


def unit_text(unit):
    return "" if not unit else " %" if unit == "%" else f" {unit}"


def median(samples):
    """The middle one, or the mean of the two in the middle. Throws ValueError where there are none."""
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def text_of(row):
    """As the terminal shows a row, three lines."""
    lines = [f"{row.verdict:12}  {row.name}: {row.work}", f"{'':14}{row.measured}"]
    if row.figures and row.note:
        lines.append(f"{'':14}{row.note}")
    against = f", against {row.against}" if row.against else ""
    lines.append(f"{'':14}goal: {row.goals or 'see docs/benchmarks.md'}{against}; {row.command}")
    return "\n".join(lines)


def json_of(rows, machine):
    return {
        "format": FORMAT,
        "machine": machine,
        "rows": [{
            "name": row.name,
            "work": row.work,
            "against": row.against,
            "verdict": row.verdict,
            "figures": [{"what": figure.what, "value": figure.value, "unit": figure.unit, "met": figure.met,
                         "goal": None if figure.goal is None else
                         {"at_least" if figure.goal.at_least else "at_most": figure.goal.bound}}
                        for figure in row.figures],
            "details": row.details,
            "note": row.note,
            "seconds": row.seconds,
            "command": row.command,
        } for row in rows],
    }


def read_json(path):
    """(rows, machine) of write_json. Throws ValueError on another format."""
    with open(path, encoding="utf-8") as file:
        table = json.load(file)
    if table.get("format") != FORMAT:
        raise ValueError(f"{path} has format {table.get('format')} when it should be {FORMAT}")

    def goal_of(bounds):
        return None if bounds is None else Goal(*((bounds["at_least"], True) if "at_least" in bounds
                                                  else (bounds["at_most"], False)))
    rows = [Row(row["name"], row["work"], row["against"],
                [Figure(figure["what"], figure["value"], figure["unit"], goal_of(figure["goal"]))
                 for figure in row["figures"]],
                row["details"], row["note"], row["seconds"]) for row in table["rows"]]
    return rows, table["machine"]


def markdown_of(rows, machine):
    """The block of docs/benchmarks.md between its two marks."""
    lines = ["| work | against | goal | measured | | command |", "|---|---|---|---|---|---|"]
    for row in rows:
        measured = row.measured + (f"; {row.note}" if row.figures and row.note else "")
        lines.append(f"| {row.work} | {row.against or '-'} | {row.goals or '-'} | {measured} | **{row.verdict}** "
                     f"| `--row {row.name}` |")
    lines += ["", f"Machine: {machine_text(machine)}."]
    return "\n".join(lines)


def machine_text(machine):
    return "; ".join(str(value) for value in machine.values())


BEGIN, END = "<!-- the last table: written by scripts/bench.sh --markdown -->", "<!-- end of the last table -->"


def put_block(page, block):
    """`page` with `block` in place of what stood between the marks. Throws ValueError where they are missing."""
    begin, end = page.find(BEGIN), page.find(END)
    if begin < 0 or end < begin:
        raise ValueError(f"the page has no '{BEGIN}' followed by '{END}'")
    return page[:begin + len(BEGIN)] + "\n" + block + "\n" + page[end:]


def write_whole(path, text):
    """The file appears whole or stays as it was."""
    partial = f"{path}.partial-{os.getpid()}"
    with open(partial, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def write_json(path, rows, machine):
    write_whole(path, json.dumps(json_of(rows, machine), indent=2) + "\n")
