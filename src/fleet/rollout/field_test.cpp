#include "fleet/rollout/field.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace keelson::fleet {
namespace {

TEST(Field, NothingOfTheDocumentReachesATerminalAsItIs) {
  const nlohmann::json document{{"nodes\x1b[2J", {{"n1\x07", {{"since", "\x1b]0;title\x07"}}}}}};
  const Field whole(document, "plan\x1b[31m.json");
  try {
    whole.members(5).front().second.members(5).front().second.at("since").moment();
    FAIL() << "no time was read as one";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(),
              "cannot read 'plan?[31m.json': nodes?[2J.n1?.since: '?]0;title?' is no time, such as "
              "2026-11-26T10:00:00Z");
  }
}

}  // namespace
}  // namespace keelson::fleet
