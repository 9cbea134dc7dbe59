#include "hardening/demand.h"

#include <gtest/gtest.h>

namespace keelson::hardening {
namespace {

TEST(Demand, AWordIsOneOfTheAlternatives) {
  EXPECT_TRUE(satisfies("on", "1|on"));
  EXPECT_FALSE(satisfies("off", "1|on"));
  EXPECT_FALSE(satisfies("", "1|on"));
}

TEST(Demand, ALimitHoldsForWholeNumbersOnly) {
  EXPECT_TRUE(satisfies("65536", ">=65536"));
  EXPECT_FALSE(satisfies("4096", ">=65536"));
  EXPECT_TRUE(satisfies("-1", "<=0"));
  EXPECT_FALSE(satisfies("3x", ">=2"));
  EXPECT_FALSE(satisfies("", "<=100"));
}

TEST(Demand, AbsenceAndPresence) {
  EXPECT_TRUE(satisfies("", "-|n"));
  EXPECT_TRUE(satisfies("n", "-|n"));
  EXPECT_FALSE(satisfies("y", "-|n"));
  EXPECT_TRUE(satisfies("anything", "+"));
  EXPECT_FALSE(satisfies("", "+"));
  EXPECT_TRUE(satisfies("", "!off"));
  EXPECT_FALSE(satisfies("off", "!off"));
}

TEST(Demand, AFileMayBeMoreClosedButNotMoreOpen) {
  EXPECT_TRUE(is_closed("0600 root:root", "0640 root:shadow|root:root"));
  EXPECT_TRUE(is_closed("0640 root:shadow", "0640 root:shadow|root:root"));
  EXPECT_FALSE(is_closed("0644 root:shadow", "0640 root:shadow|root:root"));
  EXPECT_FALSE(is_closed("4640 root:shadow", "0640 root:shadow|root:root"));
  EXPECT_FALSE(is_closed("0600 nobody:root", "0640 root:shadow|root:root"));
  EXPECT_FALSE(is_closed("", "0640 root:root"));
  EXPECT_FALSE(is_closed("rw root:root", "0640 root:root"));
}

}  // namespace
}  // namespace keelson::hardening
