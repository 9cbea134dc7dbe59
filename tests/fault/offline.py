"""--offline: what the cache holds is enough, or the message says that it is not."""
import shutil

from archive import Archive
from program import case, main, require


@case
def offline_with_an_empty_cache_says_what_to_do(keelson):
    with Archive(keelson.folder) as archive:
        archive.make_package("alpha")
        archive.publish()
        recipe = archive.recipe(keelson.folder / "test.yaml", ["alpha"])
        keelson.run("lock", recipe, "--offline").expect(6, "cannot ", "hint: run once without --offline")
        keelson.run("build", recipe, "--offline", "-o", "out").expect(6, "cannot ", "hint: run once without --offline")


@case
def offline_locks_from_a_full_cache(keelson):
    with Archive(keelson.folder) as archive:
        archive.make_package("alpha")
        archive.publish()
        recipe = archive.recipe(keelson.folder / "test.yaml", ["alpha"])
        keelson.run("lock", recipe, "-o", "online.json").expect(0)
        shutil.rmtree(archive.root)
        keelson.run("lock", recipe, "-o", "offline.json", "--offline").expect(0)
    same = (keelson.folder / "online.json").read_bytes() == (keelson.folder / "offline.json").read_bytes()
    require(same, "the lock made offline differs")


main()
