"""Archives that lie, expire or lack something."""
import time

from archive import DAY, Archive, Suite
from program import case, main, private_mounts, require, without_host_apt


def locking(keelson, archive, packages=("alpha",), prefix=(), **recipe):
    """keelson lock, of `packages` from this archive."""
    path = archive.recipe(keelson.folder / "test.yaml", packages, **recipe)
    return keelson.run("lock", path, "-o", keelson.folder / "test.lock.json", prefix=prefix)


def no_lock(keelson):
    require(not (keelson.folder / "test.lock.json").exists(), "a lock was written all the same")


def flip(path, at=0.5):
    """Changes one bit of a file."""
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 1
    path.write_bytes(data)


@case
def a_good_archive_gives_a_lock(keelson):
    with Archive(keelson.folder) as archive:
        archive.make_package("alpha", fields="Depends: beta\n")
        archive.make_package("beta")
        archive.publish()
        locking(keelson, archive).expect(0)
    text = (keelson.folder / "test.lock.json").read_text()
    require('"alpha"' in text and '"beta"' in text, f"the lock lacks a package:\n{text}")


@case
def a_tampered_release_is_refused(keelson):
    with Archive(keelson.folder) as archive:
        archive.make_package("alpha")
        file = archive.publish() / "InRelease"
        file.write_text(file.read_text().replace("Origin: Test", "Origin: Best"))
        locking(keelson, archive).expect(5, "error: cannot verify '", "InRelease': its signature does not match its text", "hint: ")
    no_lock(keelson)


@case
def a_release_signed_by_another_key_is_refused(keelson):
    (keelson.folder / "other").mkdir()
    with Archive(keelson.folder) as archive, Archive(keelson.folder / "other") as other:
        archive.make_package("alpha")
        archive.publish()
        archive.keyring = other.keyring
        locking(keelson, archive).expect(5, "it is signed by key ", "which is not known")
    no_lock(keelson)


@case
def a_tampered_index_is_refused(keelson):
    with Archive(keelson.folder) as archive:
        archive.make_package("alpha")
        archive.publish()
        flip(archive.index_file())
        locking(keelson, archive).expect(5, "Packages.xz of trixie': sha256 differs from the signed index")
    no_lock(keelson)


@case
def a_tampered_package_is_refused(keelson):
    with Archive(keelson.folder) as archive:
        deb = archive.make_package("alpha")
        archive.publish()
        recipe = archive.recipe(keelson.folder / "test.yaml", ["alpha"])
        flip(deb.resolve())
        keelson.run("build", recipe, "-o", "out").expect(5, f"cannot verify '{deb.name}': sha256 differs from the signed index", "hint: ")
    require(not list((keelson.folder / "out").glob("*")), "the build left something")


@case
def an_expired_release_is_refused(keelson):
    prefix = private_mounts(without_host_apt(keelson.folder))
    with Archive(keelson.folder) as archive:
        archive.make_package("alpha")
        archive.publish(Suite(valid_until=1_700_000_000 + DAY))
        locking(keelson, archive, prefix=prefix).expect(5, "it was valid until 2023-11-15 22:13 UTC", "hint: the mirror is out of date")
    no_lock(keelson)


@case
def a_release_from_the_future_is_refused(keelson):
    prefix = private_mounts(without_host_apt(keelson.folder))
    with Archive(keelson.folder) as archive:
        archive.make_package("alpha")
        archive.publish(Suite(date=int(time.time()) + DAY))
        locking(keelson, archive, prefix=prefix).expect(5, "it is from the future", "hint: is this machine's clock right?")
    no_lock(keelson)


@case
def another_suite_under_the_name_is_refused(keelson):
    with Archive(keelson.folder) as archive:
        archive.make_package("alpha")
        archive.publish(Suite(name="oldstable", codename="bookworm"))
        locking(keelson, archive).expect(5, "it is the index of 'bookworm' (oldstable), not of 'trixie'", "hint: ")
    no_lock(keelson)


@case
def a_misspelt_package_gets_a_suggestion(keelson):
    with Archive(keelson.folder) as archive:
        archive.make_package("containerd")
        archive.publish()
        locking(keelson, archive, ["contianerd"]).expect(4, "'contianerd'", "did you mean 'containerd'?")
    no_lock(keelson)


@case
def a_missing_dependency_is_explained(keelson):
    with Archive(keelson.folder) as archive:
        archive.make_package("alpha", fields="Depends: beta\n")
        archive.make_package("beta", fields="Depends: gamma (>= 2)\n")
        archive.make_package("gamma", "1.5")
        archive.publish()
        locking(keelson, archive).expect(3, "beta", "gamma (>= 2)", "1.5")
    no_lock(keelson)


@case
def a_conflict_is_explained(keelson):
    with Archive(keelson.folder) as archive:
        archive.make_package("alpha", fields="Conflicts: beta\n")
        archive.make_package("beta")
        archive.publish()
        locking(keelson, archive, ["alpha", "beta"]).expect(3, "alpha", "conflicts with", "beta")
    no_lock(keelson)


main()
