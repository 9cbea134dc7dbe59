"""A machine that runs an image of node_images.py, in QEMU, emulated: it keeps its disk over reboots, and reaches the host's
loopback as 10.0.2.2.

    with Machine(folder, image.disk, {"kubelet.conf": …}) as machine:
        eventually(…, machine.story)
"""
import io
import os
import pathlib
import shutil
import signal
import subprocess
import tarfile

from machines_that_boot import need, output_of
from program import Skip

FIRMWARE = (("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"), ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"))
HOST = "10.0.2.2"      # of QEMU's user network
ADDRESS = "10.0.2.15"  # what its DHCP server gives to the machine


def firmware():
    for code, variables in FIRMWARE:
        if pathlib.Path(code).exists():
            return code, variables
    raise Skip("not installed: OVMF (package ovmf)")


class Machine:
    """Promise: inside `with`, the machine runs; afterwards its process is gone. `files`: what its disk "credentials" holds."""

    def __init__(self, folder, disk, files, memory=2048):
        need("qemu-system-x86_64", "setpriv")
        self.folder = folder
        folder.mkdir(parents=True)
        self.console = folder / "console"
        code, variables = firmware()
        shutil.copy(variables, folder / "variables.fd")
        self.disk = folder / "disk.qcow2"
        output_of("qemu-img", "create", "-q", "-f", "qcow2", "-b", disk, "-F", "raw", self.disk)
        self.write_credentials(files)
        self.words = [
            "setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64", "-name", "node", "-machine", "q35", "-accel", "tcg,thread=multi",
            "-cpu", "qemu64", "-smp", "2", "-m", str(memory), "-nodefaults", "-no-user-config", "-display", "none", "-device", "virtio-rng-pci",
            "-drive", f"if=pflash,unit=0,readonly=on,format=raw,file={code}",
            "-drive", f"if=pflash,unit=1,format=raw,file={folder}/variables.fd",
            "-drive", f"if=none,id=disk,format=qcow2,cache=unsafe,file={self.disk}", "-device", "nvme,drive=disk,serial=node,bootindex=1",
            "-drive", f"if=none,id=credentials,readonly=on,format=raw,file={folder}/credentials.tar",
            "-device", "virtio-blk-pci,drive=credentials,serial=credentials",
            "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=",
            "-chardev", f"file,id=console,path={self.console}", "-serial", "chardev:console"]
        self.process = None

    def write_credentials(self, files):
        with tarfile.open(self.folder / "credentials.tar", "w") as archive:
            for name, content in sorted(files.items()):
                entry = tarfile.TarInfo(name)
                entry.mode = 0o600
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        # As large as its last sector, at least.
        os.truncate(self.folder / "credentials.tar", 1 << 20)

    def __enter__(self):
        with open(self.folder / "qemu.log", "wb") as log:
            self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def story(self):
        """The end of what it said."""
        said = self.console.read_text(errors="replace") if self.console.exists() else ""
        state = "runs" if self.process.poll() is None else f"ended with {self.process.returncode}: {(self.folder / 'qemu.log').read_text()}"
        return f"(QEMU {state})\n" + "\n".join(said.splitlines()[-60:])
