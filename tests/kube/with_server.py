#!/usr/bin/env python3
"""Runs a program beside a Kubernetes API server of its own: with_server.py PROGRAM [ARGUMENT...]

The program finds in its environment KEELSON_TEST_KUBECONFIG (may do everything), KEELSON_TEST_EXPIRED_KUBECONFIG (its
certificate was of 2020), and KEELSON_TEST_COMPACT, a command that makes the server forget old versions. Ends with its exit
code, or 77 where there is no server.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import kubernetes
from program import SKIPPED, Skip


def run(words, folder):
    # Without a watch cache, a watch of secrets asks etcd, and meets what was forgotten there.
    with kubernetes.Kubernetes(folder / "cluster", server_flags=["--watch-cache-sizes=secrets#0"]) as cluster:
        cluster.client_of("expired", groups=("system:masters",), days=-1)
        environment = {**os.environ, "KEELSON_TEST_KUBECONFIG": str(cluster.kubeconfig), "TMPDIR": str(folder),
                       "KEELSON_TEST_EXPIRED_KUBECONFIG": str(cluster.authority.folder / "expired.conf"),
                       "KEELSON_TEST_COMPACT": f"{sys.executable} {kubernetes.__file__} compact {cluster.etcd}"}
        return subprocess.run(words, env=environment, check=False).returncode


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="keelson-test-")).resolve()
    try:
        sys.exit(run(sys.argv[1:], folder))
    except Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
