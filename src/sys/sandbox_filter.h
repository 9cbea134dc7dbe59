/// The sandbox's system-call filter (libseccomp).
#pragma once

namespace keelson {

/// Installs the filter in the calling process, for it and all its children: what reaches the kernel beyond files and
/// processes, or would make user namespaces, is refused with EPERM, and flushing to disk answers success at once (the
/// image is written out whole later, so that a flush in it only costs time). Returns 0 or a negative errno. Safe to
/// call after fork.
/// @param listener if set, the process is stopped at each call that opens a file, and the descriptor through which
/// these are answered is stored here (open_watcher.h).
int install_sandbox_filter(int* listener);

}  // namespace keelson
