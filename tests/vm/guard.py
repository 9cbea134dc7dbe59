"""recipes/guard.yaml: all of it at once, from inside and from outside. A test per case: `guard.py PROGRAM CASE`."""
import json
import pathlib
import re

from machines_that_boot import (PATIENCE, boot, esp_of, files_in, flip_a_bit, need, output_of, partition, require_refused, signing_keys,
                                taken_out)
from program import case, main, require
from real_packages import RealPackages

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]


def guard(keelson, real):
    """tests/vm/guard.yaml with keys, built; an image of an earlier run that is the same is kept."""
    keys = signing_keys(keelson, real)
    recipe = real.cache / "vm/guard.yaml"
    recipe.write_text(f"""previewFeatures: [base-configs]
baseConfigs: [{{path: {HERE}/guard.yaml}}]
os:
  secureBoot: {{key: {keys}/db.key, certificate: {keys}/db.crt}}
""")
    real.require_mirror(keelson.run("build", recipe, "-o", real.cache / "vm", cache=real.cache))
    return real.cache / "vm/guard.raw", keys


@case
def nothing_foreign_runs_and_root_cannot_change_that(keelson):
    need("swtpm")
    real = RealPackages(keelson)
    image, keys = guard(keelson, real)
    answer = json.loads(boot(keelson, image, "--secure-boot", keys, "--check", SOURCE / "policies/guard.yaml", "--json", cache=real.cache).out)
    facts = answer["facts"]
    require(facts["services"].get("attempts") == "active", (keelson.folder / "console").read_text(errors="replace")[-4000:])
    require("container_t" in " ".join(facts["security"]["denials"]["lines"]), "nothing was refused to the container")


def place_of_systemd(erofs):
    """A byte in the middle of what process 1 is loaded from."""
    extents = output_of("dump.erofs", "--path=/usr/lib/systemd/systemd", "-e", erofs).decode()
    # "   0:        0..    4096 |    4096 :   53248..   57344 |    4096": the second range is where it lies
    found = [(int(a), int(b)) for a, b in re.findall(r":\s*(\d+)\.\.\s*(\d+)\s*\|\s*\d+\s*$", extents, re.MULTILINE)]
    require(found, f"dump.erofs tells no extents:\n{extents}")
    begin, end = found[len(found) // 2]
    return (begin + end) // 2


@case
def what_was_changed_from_outside_does_not_start(keelson):
    """One bit of the system, and one of the kernel's command line."""
    need("dump.erofs", "mcopy", "mdir", "sfdisk")
    real = RealPackages(keelson)
    image, keys = guard(keelson, real)
    damaged = keelson.folder / "damaged.raw"
    output_of("cp", "--sparse=always", image, damaged)
    flip_a_bit(damaged, partition(image, 2)[0] + place_of_systemd(taken_out(image, 2, keelson.folder / "data")))
    console = keelson.folder / "console"
    result = keelson.run("boot", damaged, "--secure-boot", keys, "--facts", "--no-container", "--timeout", PATIENCE,
                         "--console", console, cache=real.cache, timeout=PATIENCE + 60)
    result.expect(6, f"cannot boot '{damaged}': it stopped in ", "Kernel panic - not syncing: dm-verity device corrupted")
    text = console.read_text(errors="replace")
    require(re.search(r"device-mapper: verity: .*data block \d+ is corrupted", text), "the console says nothing of the block")
    require("Multi-User System" not in text, "it came up all the same")

    output_of("cp", "--sparse=always", image, damaged)
    uki = next(path for path in files_in(esp_of(damaged)) if path.startswith("/EFI/Linux/"))
    copy = keelson.folder / "kernel.efi"
    output_of("mcopy", "-n", "-i", esp_of(damaged), f"::{uki}", copy)
    flip_a_bit(copy, copy.read_bytes().index(b"ipe.enforce=1") + len("ipe.enforce="))  # 1 becomes !
    output_of("mcopy", "-o", "-i", esp_of(damaged), copy, f"::{uki}")
    require_refused(keelson, damaged, keys, "the boot loader", real.cache)


main()
