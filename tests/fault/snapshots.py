"""Packages as they were at a time: mirrors that keep their older states."""
import datetime
import json

from archive import DAY, Archive, Suite
from mirror import Mirror
from program import case, main, private_mounts, require, without_host_apt

# The local machine's proxy settings are none of these tests' business.
DIRECT = {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
JUNE = 1_780_272_000  # 2026-06-01 00:00 UTC


def snapshot(archive, version, day, valid_until=None):
    """Publishes what the archive holds plus this version of alpha, and keeps it as the state of a day after JUNE."""
    time = JUNE + day * DAY
    archive.stanzas.clear()
    archive.make_package("alpha", version)
    archive.publish(Suite(date=time - 3600, valid_until=valid_until or time + 7 * DAY))
    name = datetime.datetime.fromtimestamp(time, datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    folder = archive.root / "snapshot" / name
    folder.mkdir(parents=True)
    (archive.root / "dists").rename(folder / "dists")
    (folder / "pool").symlink_to(archive.root / "pool")


def two_snapshots(archive):
    snapshot(archive, "1.0", 0)
    snapshot(archive, "2.0", 10)
    return archive


def lock(keelson, archive, mirror, *words, prefix=()):
    recipe = archive.recipe(keelson.folder / "test.yaml", ["alpha"], mirror=mirror)
    return keelson.run("lock", recipe, "-o", "test.lock.json", *words, environment=DIRECT, prefix=prefix)


def locked(keelson):
    return json.loads((keelson.folder / "test.lock.json").read_text())


@case
def the_time_chooses_the_snapshot_and_the_lock_says_which(keelson):
    with Archive(keelson.folder) as archive, Mirror(two_snapshots(archive).root) as mirror:
        url = f"{mirror.url}/snapshot/@SNAPSHOTID@"
        for time, version, name in (("2026-06-01", "1.0", "20260601T000000Z"),
                                    ("2026-06-11T02:00:00+02:00", "2.0", "20260611T000000Z"),
                                    ("2026-06-01", "1.0", "20260601T000000Z")):
            lock(keelson, archive, url, "--package-snapshot-time", time).expect(0)
            result = locked(keelson)
            require(result["packages"][0]["version"] == version, f"at {time}: {result}")
            require(result["suites"][0]["url"].endswith(f"/snapshot/{name}"), f"at {time}: {result}")
            require(result["snapshotTime"] == f"2026-06-{name[6:8]}T00:00:00Z", f"at {time}: {result}")


@case
def the_recipe_may_say_the_time_and_the_command_line_wins(keelson):
    with Archive(keelson.folder) as archive, Mirror(two_snapshots(archive).root) as mirror:
        recipe = archive.recipe(keelson.folder / "test.yaml", ["alpha"], mirror=f"{mirror.url}/snapshot/@SNAPSHOTID@")
        recipe.write_text(recipe.read_text() + "    snapshotTime: 2026-06-01\npreviewFeatures: [package-snapshot-time]\n")
        keelson.run("lock", recipe, "-o", "test.lock.json", environment=DIRECT).expect(0)
        require(locked(keelson)["packages"][0]["version"] == "1.0", locked(keelson))
        keelson.run("lock", recipe, "-o", "test.lock.json", "--package-snapshot-time", "2026-06-11", environment=DIRECT).expect(0)
        require(locked(keelson)["packages"][0]["version"] == "2.0", locked(keelson))
        keelson.run("build", recipe, "--lock", "test.lock.json", environment=DIRECT).expect(
            3, "packages as of 2026-06-01T00:00:00Z are asked for, and the lock has those of 2026-06-11T00:00:00Z")


@case
def the_signed_release_says_where_the_snapshots_are(keelson):
    with Archive(keelson.folder) as archive, Mirror(two_snapshots(archive).root) as mirror:
        archive.stanzas.clear()
        archive.make_package("alpha", "3.0")
        archive.publish(Suite(fields=f"Snapshots: {mirror.url}/snapshot/@SNAPSHOTID@/\n"))
        lock(keelson, archive, mirror.url).expect(0)
        require(locked(keelson)["packages"][0]["version"] == "3.0" and "snapshotTime" not in locked(keelson), locked(keelson))
        lock(keelson, archive, mirror.url, "--package-snapshot-time", "2026-06-11").expect(0)
        require(locked(keelson)["packages"][0]["version"] == "2.0", locked(keelson))


@case
def an_archive_without_snapshots_is_refused_with_a_way_out(keelson):
    with Archive(keelson.folder) as archive:
        archive.make_package("alpha")
        archive.publish()
        lock(keelson, archive, archive.url, "--package-snapshot-time", "2026-06-01").expect(
            5, "its archive names no snapshots", "hint: set distribution.mirror to", "@SNAPSHOTID@")


@case
def a_snapshot_that_is_not_kept_is_not_found(keelson):
    with Archive(keelson.folder) as archive, Mirror(two_snapshots(archive).root) as mirror:
        lock(keelson, archive, f"{mirror.url}/snapshot/@SNAPSHOTID@", "--package-snapshot-time", "2026-06-05").expect(
            4, "snapshot/20260605T000000Z/dists/trixie/InRelease")


@case
def a_release_that_had_expired_at_that_time_is_refused(keelson):
    prefix = private_mounts(without_host_apt(keelson.folder))
    with Archive(keelson.folder) as archive, Mirror(archive.root) as mirror:
        snapshot(archive, "1.0", 0, valid_until=JUNE - 60)
        lock(keelson, archive, f"{mirror.url}/snapshot/@SNAPSHOTID@", "--package-snapshot-time", "2026-06-01",
             prefix=prefix).expect(
            5, "it was valid until 2026-05-31 23:59 UTC, before 2026-06-01 00:00 UTC")


@case
def a_placeholder_without_a_time_is_refused(keelson):
    with Archive(keelson.folder) as archive:
        lock(keelson, archive, f"{archive.url}/@SNAPSHOTID@").expect(
            3, "no time is given to put there", "hint: set os.packages.snapshotTime")


main()
