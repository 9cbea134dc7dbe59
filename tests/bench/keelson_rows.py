"""The situations in which Keelson is measured."""
import json
import pathlib
import shutil
import subprocess

import measured

EDITED = "/etc/sysctl.d/80-containers.conf"


class Keelson:
    def __init__(self, program, recipe, bench):
        self.program, self.recipe, self.bench = str(pathlib.Path(program).resolve()), pathlib.Path(recipe), bench
        self.cache, self.out = bench / "cache", bench / "keelson-out"
        self.edits = 0
        version = subprocess.run([self.program, "--version"], stdout=subprocess.PIPE, text=True, check=True)
        self.version = version.stdout.split()[-1]

    def command(self, *options, recipe=None):
        return [self.program, "build", str(recipe or self.recipe), "-o", str(self.out), "--cache-dir", str(self.cache), "--json", *options]

    def build(self, *options, recipe=None):
        return measured.run(self.command("--offline", *options, recipe=recipe), log=self.bench / "logs/keelson.log")

    def fetch(self):
        """Downloads whatever the recipe needs now, and answers with the lock: the package set of this run."""
        measured.run(self.command(), log=self.bench / "logs/keelson.log")
        return json.loads((self.out / f"{self.recipe.stem}.lock.json").read_text())

    def from_packages(self):
        """Only what was downloaded is there: packages are opened, and everything is done."""
        subprocess.run([self.program, "cache", "prune", "--cache-dir", str(self.cache)], check=True, stdout=subprocess.DEVNULL)
        return self.build()

    def fresh(self):
        """Packages are kept opened from an earlier build; every step is done again."""
        return self.build("--fresh")

    def unchanged(self):
        return self.build()

    def edited(self):
        """One line more in a file that the recipe adds."""
        self.edits += 1
        text = self.recipe.read_text()
        mark = "      net.ipv4.ip_forward = 1\n"
        if mark not in text:
            raise RuntimeError(f"cannot edit {self.recipe}: it has no line for {EDITED} any more")
        recipe = self.bench / self.recipe.name
        recipe.write_text(text.replace(mark, mark + f"      net.core.somaxconn = {4096 + self.edits}\n"))
        return self.build(recipe=recipe)

    def as_format(self, name):
        shutil.rmtree(self.out, ignore_errors=True)
        return self.build("--format", name)

    def output(self, suffix="raw"):
        return self.out / f"{self.recipe.stem}.{suffix}"
