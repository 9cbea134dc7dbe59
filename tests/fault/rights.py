"""Users who may not do what a build needs."""
import os
import shutil
import subprocess

from archive import Archive
from mirror import Mirror
from program import Skip, case, main, require

NOBODY = 65534  # no entry in /etc/subuid has ever been given to it


def as_nobody(keelson):
    if os.getuid() != 0 or not shutil.which("setpriv"):
        raise Skip("only root, with setpriv, can become a user without subordinate ids")
    prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    keelson.folder.chmod(0o777)
    if subprocess.run([*prefix, str(keelson.program), "--version"], capture_output=True, check=False).returncode != 0:
        raise Skip("the program lies where an ordinary user cannot run it")
    return prefix


@case
def missing_subordinate_ids_are_noticed_before_anything_is_fetched(keelson):
    prefix = as_nobody(keelson)
    with Archive(keelson.folder) as archive:
        archive.make_package("alpha")
        archive.publish()
        with Mirror(archive.root) as mirror:
            recipe = archive.recipe(keelson.folder / "test.yaml", ["alpha"], mirror=mirror.url)
            keelson.run("build", recipe, "-o", "out", prefix=prefix, environment={"no_proxy": "127.0.0.1"}).expect(
                5, "cannot use user ids for 'nobody': /etc/subuid grants it fewer than 65535", "hint: run as root, or ")
            require(not mirror.turns, f"something was fetched first: {mirror.turns}")


main()
