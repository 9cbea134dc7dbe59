"""Best of several runs, as Markdown."""
import dataclasses
import os
import pathlib
import platform

SUFFIXES = ["B", "KiB", "MiB", "GiB"]


@dataclasses.dataclass
class Row:
    """One situation, measured several times; `size` and `allocated` are those of its output, in bytes."""
    what: str
    runs: list
    size: int | None
    allocated: int | None

    @property
    def best(self):
        return min(self.runs, key=lambda run: run.cpu)


def human(count):
    if count is None:
        return "-"
    step = 0
    while count >= 1024 and step < 3:
        count, step = count / 1024, step + 1
    return f"{count:.0f} {SUFFIXES[step]}" if step < 3 else f"{count:.2f} {SUFFIXES[step]}"


def spread(values):
    low, high = min(values), max(values)
    return f"{low:.1f}" if high - low < 0.05 else f"{low:.1f} (to {high:.1f})"


def table(rows):
    lines = ["| what | wall s | CPU-s | memory | of it files in memory | output | on disk |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        processes = min(run.memory for run in row.runs)
        files = min(run.memory_files for run in row.runs)
        lines.append(f"| {row.what} | {spread([run.wall for run in row.runs])} | {spread([run.cpu for run in row.runs])} "
                     f"| {human(processes + files)} | {human(files) if files else '-'} | {human(row.size)} | {human(row.allocated)} |")
    return lines


def steps_table(row):
    lines = [f"Keelson, step by step ({row.what}; the run with the least CPU time):", "", "| step | wall s | CPU-s | result |", "|---|---|---|---|"]
    for step in row.best.steps:
        indent = "&nbsp;&nbsp;" * step.depth
        lines.append(f"| {indent}{step.what} | {step.seconds:.2f} | {step.cpu:.2f} | {step.result} |")
    return lines


def environment(versions):
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith(("model name", "CPU implementer"))), platform.machine())
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    load = pathlib.Path("/proc/loadavg").read_text().split()[0]
    lines = [f"- {os.cpu_count()} cores, {model}, {human(memory)} memory, Linux {platform.release()}", f"- load average when it began: {load}"]
    return lines + [f"- {name} {version}" for name, version in versions]
