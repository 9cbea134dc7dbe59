#include "formats/file_contexts/file_contexts.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace keelson::file_contexts {
namespace {

std::string find(const FileContexts& contexts, std::string_view path, FileKind kind = FileKind::File) {
  return std::string(contexts.find(path, kind).value_or("none"));
}

std::string refusal(const ContextFiles& files) {
  try {
    FileContexts read(files);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(FileContexts, TheMoreExactEntryWins) {
  const FileContexts contexts({.main = "/.*\tu:o:default_t:s0\n"
                                       "/etc/shadow.*\t--\tu:o:shadow_t:s0\n"
                                       "/etc/motd\tu:o:motd_t:s0\n"
                                       "/etc(/.*)?\tu:o:etc_t:s0\n"
                                       "/etc/mo.*\tu:o:other_t:s0\n"});
  EXPECT_EQ(find(contexts, "/srv/x"), "u:o:default_t:s0");
  EXPECT_EQ(find(contexts, "/etc"), "u:o:etc_t:s0");
  EXPECT_EQ(find(contexts, "/etc/shadow-"), "u:o:shadow_t:s0");
  EXPECT_EQ(find(contexts, "/etc/shadow-", FileKind::Folder), "u:o:etc_t:s0");
  EXPECT_EQ(find(contexts, "/etc/motd"), "u:o:motd_t:s0");
}

TEST(FileContexts, OfEqualEntriesTheLastOneWinsAndLocalIsLast) {
  const FileContexts contexts({.main = "/opt/.*\tu:o:a_t:s0\n/opt/.+\tu:o:b_t:s0\n",
                               .homedirs = "/home/[^/]+\t-d\tu:o:home_t:s0\n",
                               .local = "/opt/.*\tu:o:c_t:s0\n"});
  EXPECT_EQ(find(contexts, "/opt/x"), "u:o:c_t:s0");
  EXPECT_EQ(find(contexts, "/home/alice", FileKind::Folder), "u:o:home_t:s0");
}

TEST(FileContexts, WhatSaysNoneGetsNone) {
  const FileContexts contexts({.main = "/.*\tu:o:default_t:s0\n/proc/.*\t<<none>>\n"});
  EXPECT_EQ(find(contexts, "/proc/1"), "none");
  EXPECT_EQ(find(FileContexts({.main = "/a\tu:o:a_t:s0\n"}), "/b"), "none");
}

TEST(FileContexts, PathsAreSubstitutedByWholeComponents) {
  const FileContexts contexts({.main = "/usr/lib/.*\tu:o:lib_t:s0\n/usr/lib\tu:o:libdir_t:s0\n/srv/a/x\tu:o:x_t:s0\n",
                               .subs = "/data /srv\n",
                               .subs_dist = "# aliases\n/lib /usr/lib\n/srv/b /srv/a\n"});
  EXPECT_EQ(find(contexts, "/lib/x"), "u:o:lib_t:s0");
  EXPECT_EQ(find(contexts, "/lib", FileKind::Symlink), "u:o:libdir_t:s0");
  EXPECT_EQ(find(contexts, "/lib64/x"), "none");
  EXPECT_EQ(find(contexts, "/data/b/x"), "u:o:x_t:s0");  // the distribution's after the administrator's
}

TEST(FileContexts, WhatIsWrongIsNamedWithItsLine) {
  EXPECT_EQ(refusal({.main = "# a comment\n/a\n"}),
            "cannot read 'file_contexts': line 2: a pattern, a kind or none, and a context are wanted");
  EXPECT_EQ(refusal({.main = "/a -x u:o:t\n"}), "cannot read 'file_contexts': line 1: '-x' is no kind of file");
  EXPECT_EQ(refusal({.homedirs = "/a no-context\n"}),
            "cannot read 'file_contexts.homedirs': line 1: 'no-context' is no context");
  EXPECT_EQ(refusal({.local = "/(a u:o:t\n"}),
            "cannot read 'file_contexts.local': line 1: pattern '/(a': a '(' is not closed");
  EXPECT_EQ(refusal({.subs_dist = "/a b\n"}),
            "cannot read 'file_contexts.subs_dist': line 1: two absolute paths are wanted");
}

}  // namespace
}  // namespace keelson::file_contexts
