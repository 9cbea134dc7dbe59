#include "page/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "page/contrast.h"

namespace keelson::page {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Html, TextCannotLeaveItsPlace) {
  EXPECT_EQ(escaped("a<b>&\"c\""), "a&lt;b&gt;&amp;&quot;c&quot;");
  EXPECT_EQ(escaped("x\x1b[31m\xff"), "x?[31m?");
  EXPECT_THAT(html_head("</title><script>"), Not(HasSubstr("<script")));
}

TEST(Html, TextStandsOutFromThePageInLightAndInDark) {
  const std::string head = html_head("x");
  const auto dark = head.find("prefers-color-scheme: dark");
  for (const auto& colours : {colours_of(head.substr(0, dark)), colours_of(head.substr(dark))}) {
    for (const char* name : {"text", "plus", "minus", "soft"})
      EXPECT_GE(contrast(colours.at(name), colours.at("page")), 4.5) << name;
  }
}

}  // namespace
}  // namespace keelson::page
