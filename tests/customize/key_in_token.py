"""A signing key that never leaves its token: SoftHSM, asked through OpenSSL's PKCS#11 provider. Nothing is booted: what the
signature is worth, tests/vm says. A test per case: `key_in_token.py PROGRAM CASE`.
"""
import glob
import json
import os
import pathlib

from disks import tool
from machines_that_boot import need
from program import SOURCE, case, main, require
from real_packages import RealPackages

BASE = f"""
previewFeatures: [base-configs]
baseConfigs: [{{path: {SOURCE}/recipes/minimal.yaml}}]
os: {{packages: {{install: [pkcs11-provider]}}}}
"""
RECIPE = """previewFeatures: [uki]
os:
  imageHistory: none
  uki: {{mode: passthrough}}
  secureBoot: {{key: "pkcs11:token=keelson;object={};type=private?pin-source=file:{}", certificate: keys/db.crt}}
"""
# OpenSSL's provider is the image's package: Debian 12 has none, and this one runs there as well.
CONFIGURATION = """openssl_conf = init
[init]
providers = providers
[providers]
default = default_provider
pkcs11 = pkcs11_provider
[default_provider]
activate = 1
[pkcs11_provider]
module = {provider}
pkcs11-module-path = {module}
activate = 1
"""


class Token:
    """A new SoftHSM token with db's key in it, and an environment in which OpenSSL knows it."""

    def __init__(self, keelson):
        need("softhsm2-util", "openssl", "dpkg-deb", "sbverify", "sfdisk", "mcopy")
        folder = keelson.folder
        real = RealPackages(keelson)
        recipe = folder / "token-base.yaml"
        recipe.write_text(BASE)
        RealPackages.require_mirror(keelson.run("build", recipe, "-o", folder / "base", cache=real.cache))
        self.base = folder / "base/token-base.raw"
        lock = json.loads((folder / "base/token-base.lock.json").read_text())
        package = next(package for package in lock["packages"] if package["name"] == "pkcs11-provider")
        tool("dpkg-deb", "-x", real.object(package), folder / "provider")
        provider = next((folder / "provider").rglob("pkcs11.so"))
        module = next(iter(glob.glob("/usr/lib/softhsm/libsofthsm2.so") + glob.glob("/usr/lib/*/softhsm/libsofthsm2.so")))
        (folder / "tokens").mkdir()
        (folder / "softhsm.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
        (folder / "openssl.cnf").write_text(CONFIGURATION.format(provider=provider, module=module))
        (folder / "pin").write_text("5678")
        os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm.conf")
        keelson.run("keys", "new", folder / "keys").expect(0)
        tool("softhsm2-util", "--init-token", "--free", "--label", "keelson", "--so-pin", "1234", "--pin", "5678")
        for name in ("db", "KEK"):
            tool("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", folder / f"keys/{name}.key", "-out", folder / "key.p8")
            tool("softhsm2-util", "--import", folder / "key.p8", "--token", "keelson", "--label", name, "--id", {"db": "01", "KEK": "02"}[name],
                 "--pin", "5678")
            (folder / "key.p8").unlink()
            (folder / f"keys/{name}.key").unlink()  # it is in the token, and nowhere else
        self.environment = {"SOFTHSM2_CONF": os.environ["SOFTHSM2_CONF"], "OPENSSL_CONF": str(folder / "openssl.cnf")}


def customize(keelson, token, name="db", pin=None):
    """The recipe is named without its folder, as people do who stand in it."""
    (keelson.folder / "config.yaml").write_text(RECIPE.format(name, pin or keelson.folder / "pin"))
    output = keelson.folder / "out.raw"
    return output, keelson.run("customize", "-i", token.base, "-c", "config.yaml", "-o", output, environment=token.environment)


def boot_files(image, folder):
    esp = json.loads(tool("sfdisk", "--json", image))["partitiontable"]["partitions"][0]["start"] * 512
    folder.mkdir()
    tool("mcopy", "-i", f"{image}@@{esp}", "::EFI/Linux/*.efi", "::EFI/BOOT/BOOTX64.EFI", folder)
    return sorted(folder.iterdir())


@case
def boot_files_are_signed_by_a_token(keelson):
    token = Token(keelson)
    output, result = customize(keelson, token)
    result.expect(0)
    files = boot_files(output, keelson.folder / "files")
    require(len(files) == 2, f"found were {files}")
    for file in files:
        tool("sbverify", "--cert", keelson.folder / "keys/db.crt", file)


@case
def a_token_that_does_not_fit_is_refused(keelson):
    token = Token(keelson)
    (keelson.folder / "wrong").write_text("9999")
    no_key = (4, "the token has no such key")
    for how, (code, words) in (({"name": "KEK"}, (3, "is for another key")), ({"name": "none"}, no_key), ({"pin": keelson.folder / "wrong"}, no_key)):
        output, result = customize(keelson, token, **how)
        result.expect(code, words)
        require("5678" not in result.err and "9999" not in result.err, "a PIN is in the message")
        require(not pathlib.Path(output).exists(), "there is an output")


main()
