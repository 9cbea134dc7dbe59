#include "recipe/syntax.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

namespace keelson::recipe {
namespace {

const std::vector<std::string> kSamples{"",
                                        "a",
                                        "A",
                                        "a.b",
                                        "a..b",
                                        "-a",
                                        "a-",
                                        "a b",
                                        "host",
                                        "hosts",
                                        "_user",
                                        "user$",
                                        "$",
                                        "$x",
                                        "9lives",
                                        "/",
                                        "//",
                                        "/a/..",
                                        "/../a",
                                        "/a/..b",
                                        "/a..",
                                        "a/b",
                                        "/a\tb",
                                        "a\nb",
                                        "trixie",
                                        "non-free",
                                        "x/y",
                                        "http://",
                                        "http://a",
                                        "https://a/b c",
                                        "file:///x",
                                        "ftp://h/x",
                                        "2025-09-18",
                                        "2025-9-18",
                                        "2025-09-18T06:00:00Z",
                                        "2025-09-18T06:00:00+02:00",
                                        "2025-09-18T06:00:00",
                                        "ssh@1.service",
                                        "dev-disk\\x2dby.mount",
                                        "containerd=1.7",
                                        "kernel >= 5",
                                        "4d21b016-b534-45c2-a9fb-5c16e091fd2d",
                                        "4d21b016-b534-45c2-a9fb-5c16e091fd2g",
                                        "4d21b016b534-45c2-a9fb-5c16e091fd2d-",
                                        "2025-13-18",
                                        "2025-09-32",
                                        "2025-09-18T24:00:00Z",
                                        "2025-09-18T06:00:00.25Z",
                                        "2025-09-18T06:00:00.Z",
                                        "2025-09-18T06:00:00+25:00",
                                        "2025-09-18T06:00:0",
                                        "root/var/log",
                                        "./a",
                                        "a/.",
                                        "a//b",
                                        "a/",
                                        "..",
                                        "a/../b",
                                        ".hidden/..x",
                                        "/with,comma",
                                        "/with:colon",
                                        "A_B1",
                                        "net.ipv4.ip_forward",
                                        "net/ipv4/conf/eth0.1/x",
                                        ".net",
                                        "registry.example.org:5000/a/b:1@sha256",
                                        "docker.io/Upper",
                                        "linux/amd64",
                                        "linux/arm64/v8",
                                        "3.0",
                                        "3",
                                        "3.0.20250910",
                                        "3.0.1.2",
                                        "minimal-os",
                                        "a__b",
                                        "a___b",
                                        "a--b---c",
                                        "a.-b",
                                        "a-_b",
                                        "a_"};

// The schema's regular expressions and our functions are two descriptions of one thing.
TEST(Syntax, TheSchemasPatternsSayWhatOurFunctionsSay) {
  std::vector<std::string> samples = kSamples;
  for (const std::size_t length : {32U, 33U, 36U, 37U, 63U, 64U, 65U, 255U, 256U}) {
    samples.emplace_back(length, 'a');
    samples.push_back("/" + std::string(length, 'b'));
  }
  for (const auto* syntax :
       {&kHostName,     &kUserName,      &kPackageSpec,  &kModuleName,     &kUnitName,     &kAbsolutePath,
        &kFilePath,     &kLine,          &kIdentifier,   &kPartitionLabel, &kUuid,         &kMirror,
        &kSuiteName,    &kComponent,     &kTimestamp,    &kBootstrapUrl,   &kSha256Text,   &kMountPath,
        &kMountOptions, &kSubvolumePath, &kAnyText,      &kNotEmpty,       &kWord,         &kKernelArgument,
        &kVariableName, &kSysctlName,    &kOciReference, &kPlatform,       &kAzureVersion, &kAzureVariant}) {
    const std::regex pattern{std::string(syntax->pattern)};
    int accepted = 0;
    for (const auto& sample : samples) {
      const bool ours = syntax->matches(sample);
      EXPECT_EQ(ours, std::regex_match(sample, pattern)) << syntax->name << ": \"" << sample << '"';
      accepted += ours ? 1 : 0;
    }
    EXPECT_GT(accepted, 0) << syntax->name;  // a form that takes nothing proves nothing
  }
}

// A regular expression can't compare numbers: here ours are stricter.
TEST(Syntax, PortsAndNetworksAreNumbersInTheirBounds) {
  for (const auto* text : {"1", "22", "65535", "8000-8010", "80-80"}) {
    EXPECT_TRUE(kPorts.matches(text)) << text;
    EXPECT_TRUE(std::regex_match(text, std::regex(std::string(kPorts.pattern)))) << text;
  }
  for (const auto* text : {"", "0", "65536", "22-21", "22-", "-22", "1-2-3", "022", "http", "99999999999"}) {
    EXPECT_FALSE(kPorts.matches(text)) << text;
  }
  for (const auto* text : {"10.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "::", "fd00::/8", "1:2:3:4:5:6:7:8", "::1/128"}) {
    EXPECT_TRUE(kNetwork.matches(text)) << text;
    EXPECT_TRUE(std::regex_match(text, std::regex(std::string(kNetwork.pattern)))) << text;
  }
  for (const auto* text : {"", "10.0.0", "256.0.0.1", "10.0.0.0/33", "10.0.0.0/", ":", "1::2::3", "fd00::/129",
                           "g::", "1:2:3:4:5:6:7:8:9", "12345::"}) {
    EXPECT_FALSE(kNetwork.matches(text)) << text;
  }
}

TEST(Syntax, IntegersHaveOneMeaningInEveryYaml) {
  EXPECT_EQ(integer_from("0"), 0);
  EXPECT_EQ(integer_from("-1"), -1);
  EXPECT_EQ(integer_from("0x10"), 16);
  EXPECT_EQ(integer_from("0o17"), 15);
  for (const auto* text : {"", "-", "017", "1.0", "1e3", "--1", "+-1", "0x", "99999999999999999999", "1 "}) {
    EXPECT_EQ(integer_from(text), std::nullopt) << text;
  }
}

TEST(Syntax, BooleansAreTheWordsOfYaml) {
  EXPECT_EQ(boolean_from("true"), true);
  EXPECT_EQ(boolean_from("No"), false);
  EXPECT_EQ(boolean_from("1"), std::nullopt);
  EXPECT_EQ(boolean_from("tRue"), std::nullopt);
}

TEST(Syntax, SizesDoNotOverflow) {
  EXPECT_EQ(size_from("1K"), ByteCount{1024});
  EXPECT_EQ(size_from("2G"), gibibytes(2));
  EXPECT_EQ(size_from("8388607T"), ByteCount{8388607ULL << 40});
  for (const auto* text : {"8388608T", "", "M", "1", "0M", "-1M", "1.5G", "1m", "1MB", "18446744073709551616K"}) {
    EXPECT_EQ(size_from(text), std::nullopt) << text;
  }
}

TEST(Syntax, DebianPackageNames) {
  for (const auto* text : {"runc", "g++", "libssl3t64", "openssl=3.5.1-1+deb13u1", "dbus=1:2.0~rc1"}) {
    EXPECT_TRUE(is_debian_package_spec(text)) << text;
  }
  for (const auto* text : {"", "r", "Kernel", "-x", "a b", "runc=", "runc=v1", "runc>=1", "a_b"}) {
    EXPECT_FALSE(is_debian_package_spec(text)) << text;
  }
}

}  // namespace
}  // namespace keelson::recipe
