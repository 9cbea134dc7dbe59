#include "inspect/fact_document.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace keelson::inspect {
namespace {

TEST(FactDocument, IsFactsOrHoldsThem) {
  EXPECT_EQ(parse_fact_document(R"({"schema": "keelson-facts/1", "os": {"id": "x"}})", "f")["os"]["id"], "x");
  EXPECT_EQ(parse_fact_document(R"({"report": {}, "facts": {"schema": "keelson-facts/1", "a": 1}})", "f")["a"], 1);
}

TEST(FactDocument, AnythingElseIsRefused) {
  for (const char* text :
       {"", "{", "[]", "{}", R"({"schema": "keelson-facts/2"})", R"({"facts": 5})", R"({"schema": {}})"})
    EXPECT_THROW(parse_fact_document(text, "f"), Error) << text;
}

TEST(FactDocument, NestingIsBounded) {
  const std::string deep = std::string(1'000'000, '[');
  EXPECT_THROW(parse_fact_document(R"({"schema": "keelson-facts/1", "a": )" + deep, "f"), Error);
}

}  // namespace
}  // namespace keelson::inspect
