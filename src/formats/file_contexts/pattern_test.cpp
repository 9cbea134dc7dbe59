#include "formats/file_contexts/pattern.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"

namespace keelson::file_contexts {
namespace {

bool match(std::string_view pattern, std::string_view path) { return Pattern(pattern).matches(path); }

std::string refusal(std::string_view pattern) {
  try {
    Pattern read(pattern);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(FileContextsPattern, ThePathMustMatchAsAWhole) {
  EXPECT_TRUE(match("/usr(/.*)?", "/usr"));
  EXPECT_TRUE(match("/usr(/.*)?", "/usr/bin/true"));
  EXPECT_FALSE(match("/usr(/.*)?", "/usrlocal"));
  EXPECT_FALSE(match("/usr/.*", "/usr"));
  EXPECT_FALSE(match("/usr", "/usr/bin"));
  EXPECT_TRUE(match("^/usr/.+$", "/usr/a"));
}

TEST(FileContextsPattern, WhatPoliciesUseIsUnderstood) {
  EXPECT_TRUE(match("/a?quota\\.(user|group)", "/quota.group"));
  EXPECT_TRUE(match("/a?quota\\.(user|group)", "/aquota.user"));
  EXPECT_FALSE(match("/a?quota\\.(user|group)", "/aquotaXuser"));
  EXPECT_TRUE(match("/home/[^/]+/\\.pki(/.*)?", "/home/alice/.pki/nssdb"));
  EXPECT_FALSE(match("/home/[^/]+/\\.pki(/.*)?", "/home/a/b/.pki"));
  EXPECT_TRUE(match("/usr/lib(.*/)?plugins/[^/]*\\.so(\\.[^/]*)*", "/usr/lib/x/plugins/a.so.1.2"));
  EXPECT_TRUE(match("/dev/tty[0-9]+", "/dev/tty12"));
  EXPECT_TRUE(match("/dev/[a-f-]x", "/dev/-x"));
  EXPECT_TRUE(match("/x[]]", "/x]"));
  EXPECT_TRUE(match("/dev/sd[^/]{2,3}", "/dev/sdabc"));
  EXPECT_FALSE(match("/dev/sd[^/]{2,3}", "/dev/sda"));
  EXPECT_FALSE(match("/dev/sd[^/]{2}", "/dev/sdabc"));
  EXPECT_TRUE(match("/d\\d{2,}\\w", "/d1234_"));
  EXPECT_TRUE(match("/((www)|(web))(/.+)?", "/web/a"));
  EXPECT_TRUE(match("/c\\+\\+", "/c++"));
  EXPECT_TRUE(match("/a{b", "/a{b"));
  EXPECT_TRUE(match("/n.l", std::string_view("/n\nl")));
  EXPECT_TRUE(match("/(|a)b", "/b"));
}

TEST(FileContextsPattern, APlainPathIsKnownAsSuch) {
  EXPECT_TRUE(Pattern("/etc/ld\\.so\\.cache").is_literal());
  EXPECT_EQ(Pattern("/etc/ld\\.so\\.cache").prefix(), "/etc/ld.so.cache");
  EXPECT_FALSE(Pattern("/etc/.*").is_literal());
  EXPECT_EQ(Pattern("/etc/\\.a.*").prefix(), "/etc/.a");
  EXPECT_EQ(Pattern("/dev/x?y").prefix(), "/dev/");
  EXPECT_EQ(Pattern("/dev/x+").prefix(), "/dev/x");
}

TEST(FileContextsPattern, NoPatternKeepsTheMatcherBusy) {
  const std::string path = "/" + std::string(4000, 'a');
  EXPECT_FALSE(match("/(a*)*b", path));
  EXPECT_FALSE(match("/(a|a|aa)+b", path));
  EXPECT_FALSE(match("/((a?){30}(a*)*)*b", path));
}

TEST(FileContextsPattern, WhatIsNoRegularExpressionIsRefused) {
  EXPECT_EQ(refusal("/a(?=b)"), "'(?' stands before something other than ':'");
  EXPECT_EQ(refusal("/(a)\\1"), "'\\1' is not understood");
  EXPECT_EQ(refusal("/a.*?"), "a repeat is repeated");
  EXPECT_EQ(refusal("/a|/b"), "alternatives at the top need parentheses");
  EXPECT_EQ(refusal("/(a"), "a '(' is not closed");
  EXPECT_EQ(refusal("/.a)"), "a ')' closes nothing");
  EXPECT_EQ(refusal("/[a"), "a '[' is not closed");
  EXPECT_EQ(refusal("/[[:alpha:]]"), "named classes are not understood");
  EXPECT_EQ(refusal("/[z-a]"), "a range is the wrong way round");
  EXPECT_EQ(refusal("/a\\"), "it ends with a backslash");
  EXPECT_EQ(refusal("/(*a)"), "'*' repeats nothing");
  EXPECT_EQ(refusal("/a.{3,2}"), "a repeat's bounds are the wrong way round");
}

TEST(FileContextsPattern, EachBoundHolds) {
  EXPECT_EQ(refusal(std::string(kLongestPattern + 1, '.')), "it has more than 2048 bytes");
  EXPECT_EQ(refusal(std::string(kDeepestNesting + 1, '(') + std::string(kDeepestNesting + 1, ')')),
            "groups are nested more than 50 deep");
  EXPECT_EQ(refusal("/.{256}"), "something is repeated more than 255 times");
  EXPECT_EQ(refusal("/(.{255}){255}"), "its automaton has more than 4096 states");
}

}  // namespace
}  // namespace keelson::file_contexts
