/// What several kinds of change to an image tree need: rewriting a file without changing who owns it, and paths.
#pragma once

#include <string>
#include <string_view>

#include "sys/root_dir.h"

namespace keelson::os {

/// Who a file belongs to when it is made anew; an existing file keeps its owner and mode.
struct NewFile {
  mode_t mode = 0644;
  uid_t uid = 0;
  gid_t gid = 0;
};

/// Replaces `path`'s content; missing folders on the way are made (0755, root's).
void rewrite_file(const RootDir& root, std::string_view path, std::string_view content, const NewFile& otherwise = {});

/// The folder that holds `path` ("/etc" for "/etc/hostname"; "/" at the top).
std::string parent_of(std::string_view path);

/// The last part of `path`.
std::string_view name_of(std::string_view path);

}  // namespace keelson::os
