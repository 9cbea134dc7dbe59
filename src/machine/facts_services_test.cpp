#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "machine/facts.h"

namespace keelson::machine {
namespace {

using nlohmann::json;

const json kActive{{"containerd", "active"}, {"dbus", "active"}, {"getty@tty1", "active"}, {"rescue", "inactive"}};

json exposure(const std::string& text) { return service_exposure({{"exposure", text}}, kActive); }

TEST(ServiceExposure, IsOfServicesThatRun) {
  const json found = exposure(R"([
    {"unit":"containerd.service","exposure":"9.4","predicate":"UNSAFE","happy":"x"},
    {"unit":"dbus.service","exposure":"1.9","predicate":"OK","happy":"x"},
    {"unit":"getty@tty1.service","exposure":"9.0","predicate":"UNSAFE","happy":"x"},
    {"unit":"keelson-check.service","exposure":"9.9","predicate":"UNSAFE","happy":"x"},
    {"unit":"rescue.service","exposure":"9.5","predicate":"UNSAFE","happy":"x"}])");
  EXPECT_EQ(found, json::parse(R"({"services": {"containerd": 9.4, "dbus": 1.9, "getty@tty1": 9.0},
                                   "worst": 9.4, "mean": 6.8, "unsafe": ["containerd", "getty@tty1"]})"));
}

TEST(ServiceExposure, StandsAmongTheFactsOfSecurity) {
  const json facts = facts_from_sections({{"units", "dbus.service loaded active running D-Bus"},
                                          {"exposure", R"([{"unit":"dbus.service","exposure":2}])"}});
  EXPECT_EQ(facts["security"]["exposure"]["services"], (json{{"dbus", 2.0}}));
  EXPECT_EQ(facts["security"]["exposure"]["unsafe"], json::array());
}

TEST(ServiceExposure, IsAbsentWhenNobodyToldIt) {
  EXPECT_TRUE(service_exposure({}, kActive).is_null());
  EXPECT_FALSE(facts_from_sections({{"exposure", ""}})["security"].contains("exposure"));
  EXPECT_TRUE(exposure("[]").is_null());
  EXPECT_TRUE(exposure("Failed to connect to bus").is_null());
  EXPECT_TRUE(exposure(R"([{"unit":"dbus.service","exposure":"1.9")").is_null());  // cut off
}

TEST(ServiceExposure, OfALyingMachineIsNoFact) {
  for (const char* value : {"\"nan\"", "\"inf\"", "-1", "\"10.1\"", "1e300", "\"9.4x\"", "\"\"", "null", "[]", "true"})
    EXPECT_TRUE(exposure(R"([{"unit":"dbus.service","exposure":)" + std::string(value) + "}]").is_null()) << value;
  EXPECT_TRUE(exposure(R"([{"unit":7,"exposure":"1"},{"exposure":"1"},"dbus.service",null,[],{"unit":"dbus.service"}])")
                  .is_null());
  EXPECT_TRUE(exposure(R"({"unit":"dbus.service","exposure":"1"})").is_null());
  EXPECT_TRUE(exposure(std::string(100'000, '[')).is_null());
  EXPECT_TRUE(exposure("[" + std::string(2u << 20, ' ') + R"({"unit":"dbus.service","exposure":"1"}])").is_null());
}

}  // namespace
}  // namespace keelson::machine
