#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "fleet/lifecycle/lifecycle.h"

namespace keelson::fleet::lifecycle {
namespace {

using testing::HasSubstr;

std::string message_of(std::string_view text) {
  try {
    parse_lifecycle(text, "x.yaml");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    return error.message();
  }
  return "";
}

constexpr std::string_view kSmall = R"(lifecycle: keelson/1
kubernetes:
- {version: "1.30", platform: upstream, endOfLife: 2025-07-15, source: page, asOf: 2025-11}
streams:
- {id: one, os: One, version: "1", source: page, asOf: 2025-11-01, note: a word}
images:
- {platform: aks, skus: [One], kubernetes: {from: "1.30", to: "1.31"}, fips: false, stream: one, source: page, asOf: 2025-11-01}
unsupported:
- {streams: [one], fips: true, why: it has none, source: page, asOf: 2025-11-01}
)";

TEST(LifecycleReader, ReadsEveryKindOfEntry) {
  const Lifecycle data = parse_lifecycle(kSmall, "x.yaml");
  ASSERT_EQ(data.kubernetes.size(), 1U);
  EXPECT_EQ(data.kubernetes[0].version, (KubernetesMinor{1, 30}));
  EXPECT_EQ(data.kubernetes[0].end_of_life->text, "2025-07-15");
  EXPECT_FALSE(data.kubernetes[0].long_term_support);
  ASSERT_EQ(data.images.size(), 1U);
  EXPECT_EQ(data.images[0].kubernetes.text(), "1.30 to 1.31");
  EXPECT_EQ(data.images[0].fips, false);
  EXPECT_FALSE(data.images[0].secure_boot);
  EXPECT_EQ(data.find_stream("one")->name(), "One 1");
  EXPECT_EQ(data.find_stream("one")->origin.note, "a word");
  EXPECT_EQ(data.refusals.at(0).why, "it has none");
}

TEST(LifecycleReader, TellsEveryMistakeWithItsPlace) {
  const std::string message = message_of(R"(lifecycle: keelson/1
streams:
- {id: one, os: One, source: page, asOf: 2025-11-31}
- {id: one, os: Two, source: page, asOf: 2025-11-01, endOflife: 2026-01-01}
images:
- {platform: aks, skus: [One], kubernetes: {from: 1.30}, stream: onw, source: page, asOf: 2025-11-01}
- {platform: aks, skus: One, fips: maybe, stream: one, asOf: 2025-11-01}
)");
  EXPECT_THAT(message, HasSubstr("cannot read lifecycle data 'x.yaml': "));
  EXPECT_THAT(message, HasSubstr("x.yaml:3:42: 'asOf' must be a day"));
  EXPECT_THAT(message, HasSubstr("has no key 'endOflife'; did you mean 'endOfLife'?"));
  EXPECT_THAT(message, HasSubstr("a stream with this id is there already"));
  EXPECT_THAT(message, HasSubstr("'from' must be a minor version in quotes"));
  EXPECT_THAT(message, HasSubstr("there is no stream 'onw'; did you mean 'one'?"));
  EXPECT_THAT(message, HasSubstr("'skus' must be a list"));
  EXPECT_THAT(message, HasSubstr("'fips' must be true or false"));
  EXPECT_THAT(message, HasSubstr("the key 'source' is missing"));
}

TEST(LifecycleReader, RefusesWhatIsNoSuchDocument) {
  EXPECT_THAT(message_of(""), HasSubstr("must be a map"));
  EXPECT_THAT(message_of("[1, 2]"), HasSubstr("must be a map"));
  EXPECT_THAT(message_of("lifecycle: keelson/2"), HasSubstr("this version of the format is not known"));
  EXPECT_THAT(message_of("streams: []"), HasSubstr("the key 'lifecycle' is missing"));
  EXPECT_THAT(message_of("lifecycle: keelson/1\nimages: 5"), HasSubstr("'images' must be a list"));
  EXPECT_NE(message_of("a: [\x01"), "");
  EXPECT_NE(message_of(std::string(5 << 20, ' ')), "");
}

TEST(LifecycleReader, RefusesTheSameVersionTwiceForOnePlatform) {
  EXPECT_THAT(message_of(R"(lifecycle: keelson/1
kubernetes:
- {version: "1.30", platform: aks, source: page, asOf: 2025-11}
- {version: "1.30", platform: aks, source: page, asOf: 2025-11}
)"),
              HasSubstr("this version is there already"));
}

TEST(LifecycleReader, AManyTimesRepeatedMistakeStaysReadable) {
  std::string text = "lifecycle: keelson/1\nstreams:\n";
  for (int i = 0; i < 1500; ++i) text += "- {}\n";
  const std::string message = message_of(text);
  EXPECT_LT(message.size(), 20'000U);
  EXPECT_THAT(message, HasSubstr("more"));
}

}  // namespace
}  // namespace keelson::fleet::lifecycle
