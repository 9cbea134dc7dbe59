"""Images signed with keys of ours, in machines whose firmware enforces Secure Boot with these keys or with others.
A test per case: `secure_boot.py PROGRAM CASE`."""
import base64
import json
import shutil

from machines_that_boot import esp_of, facts_of, files_in, need, output_of, require_refused, signing_keys
from program import case, main, require
from real_packages import RECIPE, RealPackages, digest


def signed_recipe(folder, keys):
    """recipes/minimal.yaml with os.secureBoot."""
    recipe = folder / "signed.yaml"
    lines = f"os:\n  secureBoot:\n    key: {keys}/db.key\n    certificate: {keys}/db.crt\n    pcrKey: {keys}/pcr.key\n    enroll: {{keys: {keys}, mode: manual}}\n"
    text = RECIPE.read_text()
    require(text.count("\nos:\n") == 1, "recipes/minimal.yaml has no 'os' to add to")
    recipe.write_text(text.replace("os:\n", lines, 1))
    return recipe


def signed_image(keelson, real, keys):
    out = real.cache / "vm"
    keelson.run("build", signed_recipe(out, keys), "--lock", real.lock, "-o", out, cache=real.cache).expect(0)
    return out / "signed.raw"


def check_signatures(image, keys, folder):
    """Every program on the ESP, by a verifier that is not ours."""
    esp = esp_of(image)
    programs = [path for path in files_in(esp) if path.lower().endswith(".efi")]
    require(len(programs) == 3, f"the ESP has {programs}")
    for path in programs:
        copy = folder / "program.efi"
        output_of("mcopy", "-n", "-o", "-i", esp, f"::{path}", copy)
        output_of("sbverify", "--cert", keys / "db.crt", copy)
    enrollment = {path for path in files_in(esp) if path.endswith(".auth")}
    require(enrollment == {f"/loader/keys/auto/{name}.auth" for name in ("PK", "KEK", "db")}, f"the ESP has {enrollment}")
    settings = output_of("mtype", "-i", esp, "::/loader/loader.conf").decode()
    require("secure-boot-enroll manual" in settings.split("\n"), f"loader.conf says {settings}")


def check_policies(image, keys, folder):
    """The policies for PCR 11, by OpenSSL and the public key that lies beside them."""
    esp = esp_of(image)
    uki = next(path for path in files_in(esp) if path.startswith("/EFI/Linux/"))
    output_of("mcopy", "-n", "-o", "-i", esp, f"::{uki}", folder / "kernel.efi")
    for section in ("pcrsig", "pcrpkey"):
        output_of("objcopy", f"--dump-section=.{section}={folder / section}", folder / "kernel.efi", folder / "copy.efi")
    public = output_of("openssl", "pkey", "-in", keys / "pcr.key", "-pubout").decode()
    require((folder / "pcrpkey").read_text().rstrip("\0") == public, "the public key is another")
    entries = json.loads((folder / "pcrsig").read_text().rstrip("\0"))["sha256"]
    require(len({entry["pol"] for entry in entries}) == 4, f"the policies are {entries}")
    for entry in entries:
        (folder / "pol").write_bytes(bytes.fromhex(entry["pol"]))
        (folder / "sig").write_bytes(base64.b64decode(entry["sig"]))
        output_of("openssl", "dgst", "-sha256", "-verify", folder / "pcrpkey", "-signature", folder / "sig", folder / "pol")


@case
def secure_boot_starts_what_is_signed(keelson):
    need("sbverify", "mcopy", "mdir", "mtype", "objcopy", "openssl", "sfdisk", "swtpm")
    real = RealPackages(keelson)
    keys = signing_keys(keelson, real)
    image = signed_image(keelson, real, keys)
    check_signatures(image, keys, keelson.folder)
    check_policies(image, keys, keelson.folder)
    again = keelson.folder / "again"
    keelson.run("build", signed_recipe(real.cache / "vm", keys), "--lock", real.lock, "--fresh", "-o", again, cache=real.cache).expect(0)
    require(digest(again / "signed.raw") == digest(image), "two builds of one recipe, lock and key differ")
    shutil.rmtree(again)
    security = facts_of(keelson, image, "--secure-boot", keys, "--tpm", cache=real.cache)["security"]
    require(security.get("secureBoot") is True, f"the firmware does not enforce Secure Boot: {security}")
    require(security.get("lockdown") == "integrity", f"the kernel does not lock itself down under Secure Boot: {security}")
    predicted = json.loads((image.parent / f"{image.name}.manifest.json").read_text())["pcr11"]
    require(security.get("pcr11") == predicted, f"the TPM's PCR 11 is not {predicted}: {security}")


@case
def secure_boot_refuses_what_is_not(keelson):
    need("mcopy", "mdel", "mdir", "sfdisk")
    real = RealPackages(keelson)
    keys = signing_keys(keelson, real)
    image = signed_image(keelson, real, keys)
    others = keelson.folder / "others"
    keelson.run("keys", "new", others).expect(0)
    require_refused(keelson, image, others, "the firmware", real.cache)

    # The signed boot loader, with a unified kernel image that nobody signed.
    out = real.cache / "vm"
    keelson.run("build", RECIPE, "--lock", real.lock, "-o", out, cache=real.cache).expect(0)
    mixed = keelson.folder / "mixed.raw"
    output_of("cp", "--sparse=always", image, mixed)
    unsigned = next(path for path in files_in(esp_of(out / "minimal.raw")) if path.startswith("/EFI/Linux/"))
    output_of("mcopy", "-n", "-i", esp_of(out / "minimal.raw"), f"::{unsigned}", keelson.folder / "kernel.efi")
    signed = next(path for path in files_in(esp_of(mixed)) if path.startswith("/EFI/Linux/"))
    output_of("mcopy", "-o", "-i", esp_of(mixed), keelson.folder / "kernel.efi", f"::{signed}")
    require_refused(keelson, mixed, keys, "the boot loader", real.cache)


main()
