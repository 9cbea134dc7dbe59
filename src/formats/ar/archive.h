/// The outer layer of a .deb: the common "ar" archive, read in place.
/// Spec: deb(5) "FORMAT" (Debian dpkg 1.22), which fixes the subset of ar(5) that packages use: no symbol table,
/// no long-name table, names of at most 16 bytes, a trailing slash tolerated (GNU and System V write one).
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace keelson::ar {

/// One file in the archive. Both members point into the bytes that were parsed and live as long as those.
struct Member {
  std::string_view name;  ///< without padding and trailing slash: "data.tar.xz"
  ByteView data;          ///< without the padding byte that follows an odd size
};

/// No valid package has more members; a count above it is refused.
inline constexpr std::size_t kMaximumMembers = 16;

/// Lists the members in the order of the file. Checks the global magic, each header's end mark, that sizes are
/// decimal and lie within the bytes, and that no name is empty or occurs twice.
/// It does not check that the members are those of a package: the reader of packages does.
/// @param bytes the whole archive, untrusted.  @param name what error messages call it: "openssl_3.5.1_amd64.deb".
/// @throws Error(BadInput) naming the byte offset and the rule broken.
std::vector<Member> parse_archive(ByteView bytes, std::string_view name);

}  // namespace keelson::ar
