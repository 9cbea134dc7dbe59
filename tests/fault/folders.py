"""Folders with packages as a further source."""
import json

from archive import Archive
from program import case, main, require


def published(keelson, archive):
    archive.make_package("beta")
    archive.publish()
    return archive.recipe(keelson.folder / "test.yaml", ["alpha"])


def folder_with_alpha(keelson, archive, fields="Depends: beta\n"):
    folder = keelson.folder / "my packages" / "below"
    folder.mkdir(parents=True)
    pool = archive.make_package("alpha", "9.0", fields=fields)
    pool.resolve().rename(folder / "alpha.deb")
    pool.unlink()
    return folder.parent


@case
def a_folders_package_is_taken_with_what_it_needs_from_the_archive(keelson):
    with Archive(keelson.folder) as archive:
        recipe = published(keelson, archive)
        folder = folder_with_alpha(keelson, archive)
        keelson.run("lock", recipe, "-o", "test.lock.json").expect(4, "alpha")
        keelson.run("lock", recipe, "-o", "test.lock.json", "--rpm-source", folder).expect(0)
    packages = {package["name"]: package for package in json.loads((keelson.folder / "test.lock.json").read_text())["packages"]}
    require(set(packages) == {"alpha", "beta"} and packages["alpha"]["version"] == "9.0", packages)
    require(packages["alpha"]["url"].startswith("file:///") and packages["alpha"]["url"].endswith("/my%20packages/below/alpha.deb"), packages)


@case
def a_folder_without_packages_or_with_what_is_none_is_refused(keelson):
    with Archive(keelson.folder) as archive:
        recipe = published(keelson, archive)
        (keelson.folder / "empty").mkdir()
        keelson.run("lock", recipe, "--package-source", keelson.folder / "empty").expect(3, "it holds no .deb file")
        keelson.run("lock", recipe, "--rpm-source", keelson.folder / "nowhere").expect(4, "no such folder")
        keelson.run("lock", recipe, "--rpm-source", recipe).expect(3, "it is no folder")
        (keelson.folder / "empty" / "x.deb").write_text("no package")
        keelson.run("lock", recipe, "--rpm-source", keelson.folder / "empty").expect(3, "x.deb")


@case
def a_package_that_says_where_it_lies_is_refused(keelson):
    with Archive(keelson.folder) as archive:
        recipe = published(keelson, archive)
        folder = folder_with_alpha(keelson, archive, fields="Filename: ../../etc/passwd\n")
        keelson.run("lock", recipe, "--rpm-source", folder).expect(3, "its control file has a field 'Filename'")


main()
