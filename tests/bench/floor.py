"""What no builder can avoid, measured with the plainest tools: a yardstick, not a competitor."""
import subprocess

import measured

# Each unpacks to nowhere, one package after another.
DECOMPRESS = 'for deb in "$1"/*.deb; do dpkg-deb --fsys-tarfile "$deb"; done >/dev/null'
HASH = 'sha256sum "$1"/*.deb >/dev/null'
# As many bytes as the image holds, not zeros, flushed.
WRITE = 'head -c "$2" "$1"/bytes | dd of="$1"/floor bs=1M conv=fsync status=none; rm "$1"/floor'


class Floor:
    def __init__(self, bench, repository):
        self.bench, self.repository = bench, repository

    def shell(self, script, *arguments):
        return measured.run(["sh", "-ec", script, "sh", *map(str, arguments)])

    def decompress(self):
        return self.shell(DECOMPRESS, self.repository)

    def hash(self):
        return self.shell(HASH, self.repository)

    def write(self, count):
        """Random bytes, made before the clock starts and read from memory."""
        source = self.bench / "bytes"
        if not source.exists() or source.stat().st_size < count:
            subprocess.run(["dd", "if=/dev/urandom", f"of={source}", "bs=1M", f"count={(count >> 20) + 1}", "status=none"], check=True)
        return self.shell(WRITE, self.bench, count)
