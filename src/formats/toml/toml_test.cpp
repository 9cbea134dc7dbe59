#include "formats/toml/toml.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace keelson::toml {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string mistake(std::string_view text) {
  try {
    return parse(text, "a.toml").dump();
  } catch (const Error& error) {
    return error.message();
  }
}

TEST(Toml, TablesKeysAndValues) {
  EXPECT_EQ(parse(R"(# a comment
version = 3
root = "/var/lib/x" # where
on = true
size = 1_000
hex = 0xff
half = 0.5
since = 1979-05-27T07:32:00Z
'a key'.b = 'C:\x'

[plugins."io.containerd.grpc.v1.cri".containerd]
names = [ "a", # first
  "b",
]
point = { x = 1, y.z = "\u00e4\t" }
[[proxy]]
address = 'one'
[[proxy]]
address = """
two \
   lines"""
)",
                  "a.toml"),
            json::parse(R"({"version": 3, "root": "/var/lib/x", "on": true, "size": 1000, "hex": 255, "half": 0.5,
      "since": "1979-05-27T07:32:00Z", "a key": {"b": "C:\\x"},
      "plugins": {"io.containerd.grpc.v1.cri": {"containerd": {"names": ["a", "b"], "point": {"x": 1, "y": {"z": "ä\t"}}}}},
      "proxy": [{"address": "one"}, {"address": "two lines"}]})"));
}

TEST(Toml, MistakesAreNamedWithTheirLine) {
  EXPECT_EQ(mistake("a = 1\nb 2\n"), "cannot read 'a.toml': line 2: '=' is missing");
  EXPECT_THAT(mistake("a = "), HasSubstr("line 1: a value is missing"));
  EXPECT_THAT(mistake("a = nonsense"), HasSubstr("'nonsense' is no value"));
  EXPECT_THAT(mistake("a = \"x\n\""), HasSubstr("a text has no end"));
  EXPECT_THAT(mistake("a = [1, 2"), HasSubstr("missing"));
  EXPECT_THAT(mistake("a = 1\na = 2"), HasSubstr("the key 'a' stands twice"));
  EXPECT_THAT(mistake("a = 1 b = 2"), HasSubstr("a line should end"));
  EXPECT_THAT(mistake("a = 1\n[a]\nb = 1"), HasSubstr("'a' is no table"));
  EXPECT_THAT(mistake("a = \"\\ud800\""), HasSubstr("names no character"));
  EXPECT_THAT(mistake("a = " + std::string(100, '[')), HasSubstr("nested too deep"));
}

TEST(Toml, CutAnywhereItIsReadOrRefused) {
  const std::string text = "[a.'b c']\nd = { e = [1, \"\\u00e4\"], f = '''x''' }\n[[g]]\nh = \"\"\"y\"\"\"\n";
  for (std::size_t size = 0; size <= text.size(); ++size) mistake(text.substr(0, size));
}

}  // namespace
}  // namespace keelson::toml
