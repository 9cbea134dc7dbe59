"""Container images made by hand: OCI layouts as folders and tars, and what `docker save` writes."""
import gzip
import hashlib
import io
import json
import lzma
import subprocess
import tarfile

ELF = b"\x7fELF\x02\x01\x01".ljust(18, b"\0") + b"\x3e\x00" + bytes(44)
OS_RELEASE = 'ID=sample\nVERSION_ID="1"\nPRETTY_NAME="Sample 1"\n'
STATUS = "Package: openssl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3.5.4-1\n"
ROOT = {"etc/os-release": OS_RELEASE, "etc/passwd": "root:x:0:0::/root:/bin/sh\n", "etc/group": "root:x:0:\n",
        "var/lib/dpkg/status": STATUS}
LAYER = "application/vnd.oci.image.layer.v1.tar"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"


def zstd(content):
    return subprocess.run(["zstd", "-qc"], input=content, check=True, capture_output=True).stdout


PACK = {"": lambda content: content, "+gzip": lambda content: gzip.compress(content, mtime=0), "+zstd": zstd, "+xz": lzma.compress}


def member(name, content=b"", **fields):
    """An entry of a tar; fields are those of tarfile.TarInfo."""
    info = tarfile.TarInfo(name)
    content = content.encode() if isinstance(content, str) else content
    info.size = len(content)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content


def folder(name, **fields):
    return member(name, type=tarfile.DIRTYPE, mode=0o755, **fields)


def link(name, target, kind=tarfile.SYMTYPE):
    return member(name, type=kind, linkname=target, mode=0o777)


def tar_of(*members, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def files(content):
    return [member(name, text) for name, text in content.items()]


class Layout:
    """Blobs and an index, written by write(); every document can be spoiled before."""

    def __init__(self):
        self.blobs = {}
        self.index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}

    def blob(self, content, media_type):
        content = content if isinstance(content, bytes) else json.dumps(content).encode()
        digest = hashlib.sha256(content).hexdigest()
        self.blobs[digest] = content
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    def image(self, *tars, pack="", run=None, architecture="amd64", name="1", diff_ids=None, layers=None, listed=True):
        """Adds an image of these layers; returns its descriptor."""
        packed = layers or [self.blob(PACK[pack](tar), LAYER + pack) for tar in tars]
        config = self.blob({"architecture": architecture, "os": "linux", "created": "2026-01-02T03:04:05Z", "config": run or {},
                            "rootfs": {"type": "layers",
                                       "diff_ids": diff_ids or ["sha256:" + hashlib.sha256(tar).hexdigest() for tar in tars]}}, CONFIG)
        manifest = self.blob({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": packed}, MANIFEST)
        entry = manifest | {"platform": {"architecture": architecture, "os": "linux"},
                            "annotations": {"org.opencontainers.image.ref.name": name}}
        if listed:
            self.index["manifests"].append(entry)
        return entry

    def members(self):
        return {"oci-layout": json.dumps({"imageLayoutVersion": "1.0.0"}).encode(), "index.json": json.dumps(self.index).encode(),
                **{f"blobs/sha256/{digest}": content for digest, content in self.blobs.items()}}

    def write(self, path):
        """As a folder."""
        for name, content in self.members().items():
            file = path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return path

    def write_tar(self, path):
        path.write_bytes(tar_of(*files(self.members())))
        return path


def save(path, *tars, run=None, link_last=False):
    """As `docker save` did before it wrote OCI layouts."""
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": run or {},
                         "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(tar).hexdigest() for tar in tars]}}).encode()
    name = hashlib.sha256(config).hexdigest() + ".json"
    names = [f"layer{number}/layer.tar" for number in range(len(tars))]
    manifest = json.dumps([{"Config": name, "RepoTags": ["sample:1"], "Layers": names}])
    members = [member(name, config), member("manifest.json", manifest)]
    for place, tar in zip(names, tars):
        members.append(member(place, tar))
    if link_last:
        members[-1] = link(names[-1], "../layer0/layer.tar")
    path.write_bytes(tar_of(*members))
    return path
