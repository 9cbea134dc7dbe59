"""Runs a program and measures it with everything that it starts."""
import dataclasses
import json
import os
import subprocess
import threading
import time

PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = os.sysconf("SC_CLK_TCK")
SAMPLE_SECONDS = 0.05


@dataclasses.dataclass
class Step:
    """One step that Keelson reported: `depth` counts the steps around it."""
    what: str
    depth: int
    seconds: float = 0.0
    cpu: float = 0.0
    result: str = ""


@dataclasses.dataclass
class Measurement:
    """CPU: user and system time of the program and of every child that was waited for (getrusage(2)), in seconds.
    Memory: the highest sum of resident sets over the process tree (shared pages count once for each process), and
    separately the highest use of memory file systems that exist for this run only; both sampled, in bytes."""
    wall: float
    cpu: float
    memory: int
    memory_files: int
    steps: list


def run(command, folder=None, environment=None, log=None):
    """Runs `command`; raises RuntimeError with its last words when it fails."""
    before = memory_file_systems("self")
    start = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True)
    steps, lines = [], []
    reader = threading.Thread(target=follow, args=(process, steps, lines))
    sampler = Sampler(process.pid, before)
    reader.start()
    sampler.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    sampler.stop()
    reader.join()
    if log:
        log.write_text("".join(lines))
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}; its last words:\n{''.join(lines[-15:])}")
    # What ended between two samples is still known by its largest process.
    memory = max(sampler.memory, usage.ru_maxrss << 10)
    return Measurement(wall, usage.ru_utime + usage.ru_stime, memory, sampler.memory_files, steps)


def follow(process, steps, lines):
    """Reads standard error to its end; Keelson's events (--json) become steps, with the CPU time between them."""
    opened = {}
    for line in process.stderr:
        lines.append(line)
        try:
            event = json.loads(line) if line.startswith("{") else {}
        except ValueError:
            continue
        if event.get("event") == "begin":
            step = Step(event["what"], len(opened))
            steps.append(step)
            opened[event["step"]] = (step, cpu_so_far(process.pid))
        elif event.get("event") == "end" and event["step"] in opened:
            step, cpu = opened.pop(event["step"])
            step.seconds, step.result = event["seconds"], event.get("result", "")
            step.cpu = max(0.0, cpu_so_far(process.pid) - cpu)


class Sampler(threading.Thread):
    """Looks at the process tree again and again, and keeps the highest values."""

    def __init__(self, pid, known):
        super().__init__()
        self.pid, self.known, self.ended = pid, known, threading.Event()
        self.memory = self.memory_files = 0

    def run(self):
        while not self.ended.wait(SAMPLE_SECONDS):
            pids = family(self.pid)
            self.memory = max(self.memory, sum(resident(pid) for pid in pids))
            self.memory_files = max(self.memory_files, self.used_by_files(pids))

    def used_by_files(self, pids):
        used = {}
        for pid in pids:
            for device, place in memory_file_systems(pid).items():
                if device in self.known or device in used:
                    continue
                try:
                    state = os.statvfs(f"/proc/{pid}/root{place}")
                    used[device] = (state.f_blocks - state.f_bfree) * state.f_frsize
                except OSError:
                    pass
        return sum(used.values())

    def stop(self):
        self.ended.set()
        self.join()


def read(path):
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return ""  # the process has ended


def stat_fields(pid):
    """The fields of /proc/PID/stat from the third on: the second may hold spaces (proc(5))."""
    return read(f"/proc/{pid}/stat").rpartition(")")[2].split()


def family(root):
    """`root` and all processes below it. They have higher numbers, unless these begin anew (pid_max, in the millions): to look at
    every process of a busy machine twenty times a second would take a quarter of a processor."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) > root and (fields := stat_fields(name)):
            children.setdefault(int(fields[1]), []).append(int(name))
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        queue += children.get(pid, [])
    return found


def resident(pid):
    fields = read(f"/proc/{pid}/statm").split()
    return int(fields[1]) * PAGE if fields else 0


def cpu_so_far(root):
    """Time of living processes, and of the children that they have waited for."""
    total = 0
    for pid in family(root):
        fields = stat_fields(pid)
        if fields:
            total += sum(int(field) for field in fields[11:15])
    return total / TICK


def memory_file_systems(pid):
    """Device number -> mount point of every tmpfs that a process sees (proc(5), mountinfo)."""
    found = {}
    for line in read(f"/proc/{pid}/mountinfo").splitlines():
        left, _, right = line.partition(" - ")
        if right.startswith("tmpfs "):
            fields = left.split()
            found[fields[2]] = fields[4].replace("\\040", " ")
    return found
