#include "policy/pattern.h"

#include <gtest/gtest.h>

#include <chrono>
#include <regex>
#include <string>

#include "base/error.h"

namespace keelson::policy {
namespace {

bool occurs(std::string_view pattern, std::string_view text) { return Pattern(pattern).occurs_in(text); }

TEST(Pattern, FindsAnywhereUnlessAnchored) {
  EXPECT_TRUE(occurs("host", "container-host"));
  EXPECT_FALSE(occurs("^host", "container-host"));
  EXPECT_TRUE(occurs("host$", "container-host"));
  EXPECT_FALSE(occurs("^container$", "container-host"));
  EXPECT_TRUE(occurs("", ""));
}

TEST(Pattern, AgreesWithTheStandardLibrary) {
  const std::string patterns[] = {"a*b",        "(ab|a)(bc|c)?d", "[a-c]+x",    "[^a]b",  "a.c",
                                  "(a|b)*abb$", "^(a?b?)*c",      "x+y+|z",     "a[]b]c", "\\d+\\.\\d",
                                  "\\w\\s",     "a\\.b$",         "((a)(b)?)+", "(|a)b",  "[a-]x"};
  const std::string texts[] = {"",    "ab",  "abcd", "aabb", "xy", "z",   "6.12",  "a b",
                               "a.b", "a]c", "bbc",  "c",    "-x", "aXc", "ababb", "b"};
  for (const auto& pattern : patterns) {
    for (const auto& text : texts) {
      const bool expected = std::regex_search(text, std::regex(pattern == "a[]b]c" ? "a[\\]b]c" : pattern));
      EXPECT_EQ(occurs(pattern, text), expected) << pattern << " in '" << text << "'";
    }
  }
}

TEST(Pattern, MistakesAreNamedWithTheirPlace) {
  for (const char* pattern : {"a)", "(a", "[a", "*a", "a{2}", "\\q", "a\\", "[b-a]"}) {
    EXPECT_THROW(Pattern{pattern}, Error) << pattern;
  }
  EXPECT_THROW(Pattern(std::string(Pattern::kMaxLength + 1, 'a')), Error);
}

TEST(Pattern, APatternThatStopsOtherEnginesTakesNoTime) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(occurs("^(a*)*(a|a)*(a+)+$", std::string(5000, 'a') + "b"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_FALSE(occurs(std::string(250, '(') + "a" + std::string(250, ')'), "b"));
}

}  // namespace
}  // namespace keelson::policy
