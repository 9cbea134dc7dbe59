"""Mirrors that fail, lack files, hang up or hang."""
import socket
import time

from archive import Archive, sha256
from mirror import Mirror
from program import case, main, require

# The local machine's proxy settings are none of these tests' business.
DIRECT = {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}


def published(keelson, archive):
    archive.make_package("alpha", files={"usr/share/alpha/noise": bytes(range(256)) * 400})
    archive.publish()
    return archive


def lock(keelson, archive, url):
    recipe = archive.recipe(keelson.folder / "test.yaml", ["alpha"], mirror=url)
    return keelson.run("lock", recipe, "-o", "test.lock.json", environment=DIRECT)


def build(keelson):
    """Fetches the package; what comes after needs a kernel, and the test archive has none."""
    return keelson.run("build", "test.yaml", "--lock", "test.lock.json", "-o", "out", environment=DIRECT)


@case
def a_mirror_that_answers_500_at_first_is_sat_through(keelson):
    def misbehave(handler, path, turn):
        return turn == 0 and (handler.answer(500) or True)

    with Archive(keelson.folder) as archive, Mirror(published(keelson, archive).root, misbehave) as mirror:
        lock(keelson, archive, mirror.url).expect(0, "the server answers 500; trying again (2 of 3)")
        require(mirror.asked("InRelease") == 2, f"it was asked {mirror.turns}")


@case
def a_mirror_that_always_answers_500_is_unavailable(keelson):
    def misbehave(handler, path, turn):
        return handler.answer(500) or True

    with Archive(keelson.folder) as archive, Mirror(published(keelson, archive).root, misbehave) as mirror:
        lock(keelson, archive, mirror.url).expect(6, "error: cannot fetch '", "500", "hint: ")


@case
def a_mirror_without_the_suite_is_not_found(keelson):
    with Archive(keelson.folder) as archive, Mirror(keelson.folder / "packages") as mirror:
        published(keelson, archive)
        lock(keelson, archive, mirror.url).expect(4, "dists/trixie/InRelease", "hint: ")


@case
def a_mirror_that_truncates_packages_is_unavailable(keelson):
    def misbehave(handler, path, turn):
        return path.endswith(".deb") and (handler.truncate() or True)

    with Archive(keelson.folder) as archive, Mirror(published(keelson, archive).root, misbehave) as mirror:
        lock(keelson, archive, mirror.url).expect(0)
        result = build(keelson)
        require(result.code in (5, 6), f"expected 5 or 6: {result}")
        result.expect(result.code, "cannot ", "alpha_1.0_", "hint: ")
    for thing in (keelson.cache / "objects").rglob("*"):
        require(thing.is_dir() or sha256(thing.read_bytes()) == thing.name, f"a half file stands in the cache: {thing}")


@case
def a_truncated_download_goes_on_where_it_stopped(keelson):
    ranges = []

    def misbehave(handler, path, turn):
        if not path.endswith(".deb"):
            return False
        data = (keelson.folder / "archive" / path.lstrip("/")).read_bytes()
        wanted = handler.headers.get("Range")
        ranges.append(wanted)
        if wanted is None:  # half of it, and hang up
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data[:len(data) // 2])
            handler.close_connection = True
            return True
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        handler.send_header("Content-Length", str(len(data) - start))
        handler.end_headers()
        handler.wfile.write(data[start:])
        return True

    with Archive(keelson.folder) as archive, Mirror(published(keelson, archive).root, misbehave) as mirror:
        lock(keelson, archive, mirror.url).expect(0)
        result = build(keelson)
        require("fetching packages" in result.err and "error: cannot fetch" not in result.err, f"{result}")
    require(len(ranges) == 2 and ranges[0] is None and ranges[1] is not None, f"it asked for {ranges}")


@case
def a_mirror_that_stalls_is_given_up(keelson):
    def misbehave(handler, path, turn):
        return handler.stall() or True

    with Archive(keelson.folder) as archive, Mirror(published(keelson, archive).root, misbehave) as mirror:
        began = time.monotonic()
        lock(keelson, archive, mirror.url).expect(6, "the server stalls; trying again (2 of 3)", "the server stalls\n", "hint: ")
        require(mirror.asked("InRelease") == 3, f"it was asked {mirror.turns}")
        require(time.monotonic() - began < 60, "it took too long")  # three attempts of ten seconds


@case
def suites_that_all_stall_do_not_add_up(keelson):
    def misbehave(handler, path, turn):
        return handler.stall() or True

    with Archive(keelson.folder) as archive, Mirror(published(keelson, archive).root, misbehave) as mirror:
        recipe = archive.recipe(keelson.folder / "test.yaml", ["alpha"], mirror=f"{mirror.url}/debian", updates=True)
        recipe.write_text(recipe.read_text().replace("security: false", "security: true"))
        began = time.monotonic()
        result = keelson.run("lock", recipe, "-o", "test.lock.json", environment=DIRECT)
        result.expect(6, "the server stalls", "hint: ")
        require(result.err.count("trying again") == 2, f"one line per attempt should tell of the mirror: {result}")
        require(len(mirror.turns) == 3, f"it was asked {mirror.turns}")
        require(time.monotonic() - began < 60, "it took too long")


@case
def packages_that_all_stall_do_not_add_up(keelson):
    def misbehave(handler, path, turn):
        return path.endswith(".deb") and (handler.stall() or True)

    names = [f"package{number}" for number in range(20)]
    with Archive(keelson.folder) as archive, Mirror(archive.root, misbehave) as mirror:
        for name in names:
            archive.make_package(name)
        archive.publish()
        recipe = archive.recipe(keelson.folder / "test.yaml", names, mirror=mirror.url)
        keelson.run("lock", recipe, "-o", "test.lock.json", environment=DIRECT).expect(0)
        began = time.monotonic()
        build(keelson).expect(6, "the server stalls", "hint: ")
        require(mirror.asked(".deb") <= 8 * 3, f"more than eight files were asked for, or more than three times: {mirror.turns}")
        require(time.monotonic() - began < 60, "it took too long")


@case
def a_mirror_that_is_not_there_is_unavailable(keelson):
    with socket.socket() as taken:  # a port that nobody listens on
        taken.bind(("127.0.0.1", 0))
        with Archive(keelson.folder) as archive:
            lock(keelson, published(keelson, archive), f"http://127.0.0.1:{taken.getsockname()[1]}").expect(6, "cannot fetch '", "hint: ")


main()
