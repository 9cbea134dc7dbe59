#include "inspect/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <regex>

namespace keelson::inspect {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Html, TextCannotLeaveItsPlace) {
  EXPECT_EQ(escaped("a<b>&\"c\""), "a&lt;b&gt;&amp;&quot;c&quot;");
  EXPECT_EQ(escaped("x\x1b[31m\xff"), "x?[31m?");
  EXPECT_THAT(html_head("</title><script>"), Not(HasSubstr("<script")));
}

// WCAG 2.2, "relative luminance" and "contrast ratio".
double luminance(const std::string& colour) {
  double sum = 0;
  const double weights[] = {0.2126, 0.7152, 0.0722};
  for (std::size_t i = 0; i < 3; ++i) {
    const double part = std::stoi(colour.substr(1 + 2 * i, 2), nullptr, 16) / 255.0;
    sum += weights[i] * (part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4));
  }
  return sum;
}

double contrast(const std::string& a, const std::string& b) {
  const double x = luminance(a), y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

std::map<std::string, std::string> colours_of(const std::string& css) {
  std::map<std::string, std::string> colours;
  const std::regex form("--([a-z]+): (#[0-9a-f]{6});");
  for (auto i = std::sregex_iterator(css.begin(), css.end(), form); i != std::sregex_iterator(); ++i)
    colours[(*i)[1]] = (*i)[2];
  return colours;
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
}  // namespace keelson::inspect
