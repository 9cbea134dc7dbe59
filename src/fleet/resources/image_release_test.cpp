#include "fleet/resources/image_release.h"

#include <gmock/gmock.h>

#include "fleet/resources/kinds.h"
#include "fleet/resources/sample_resources.h"

namespace keelson::fleet {
namespace {

using nlohmann::json;
using sample::kDigest;
using sample::refusal;
using ::testing::HasSubstr;

const Moment kNow{std::chrono::seconds(1'795'680'000)};  // 2026-11-26T08:00:00Z

json full() {
  return sample::resource("ImageRelease", "container-host-2026.11",
                          {{"image", "registry.example/hosts/container-host@" + kDigest},
                           {"imageDigest", kDigest},
                           {"manifestHash", kDigest},
                           {"kernel", "6.12.63+deb13-amd64"},
                           {"containerd", "1.7.24"},
                           {"selinux", "enforcing"},
                           {"fips", "enabled"},
                           {"channel", "stable"},
                           {"published", "2026-11-20T08:00:00Z"},
                           {"kubernetes", {{"min", "1.30"}, {"max", "1.34"}}},
                           {"architectures", {"amd64", "arm64"}},
                           {"endOfLife", "2027-11-30"},
                           {"denied", {{"reason", "boots without SELinux"}}}});
}

std::string refusal_of(const json& document) {
  return refusal([&] { read_image_release(document); });
}

std::string refusal_with(const char* key, json value) {
  json document = full();
  document["spec"][key] = std::move(value);
  return refusal_of(document);
}

ImageRelease release(const char* name, const char* channel, std::optional<Moment> published) {
  ImageRelease made;
  made.release.name = name;
  made.channel = channel;
  made.published = published;
  return made;
}

TEST(ImageRelease, IsTheSameAfterwards) {
  const auto read = read_image_release(full());
  EXPECT_EQ(read.release.name, "container-host-2026.11");
  EXPECT_EQ(read.release.kernel, "6.12.63+deb13-amd64");
  EXPECT_EQ(read.most_kubernetes, "1.34");
  EXPECT_EQ(read.denied, "boots without SELinux");
  json written = image_release_json(read);
  EXPECT_EQ(written["spec"], full()["spec"]);
  EXPECT_EQ(written["apiVersion"], image_releases().api_version());
}

TEST(ImageRelease, MaySayNothing) {
  const auto read = read_image_release(sample::resource("ImageRelease", "x", json::object()));
  EXPECT_EQ(image_release_json(read)["spec"], json::object());
  EXPECT_EQ(why_not_for(read, {}, kNow), "");
}

TEST(ImageRelease, NamesEveryMistakeWithItsPlace) {
  json document = full();
  document["spec"] = {
      {"imageDigest", "sha256:ABC"},         {"kernal", "6.12"},     {"kernel", "a\nb"},
      {"published", "2026-11-20"},           {"channel", "Stable!"}, {"kubernetes", {{"min", "1.30.1"}}},
      {"architectures", {"amd64", "amd64"}}, {"endOfLife", "soon"},  {"denied", json::object()}};
  const auto text = refusal_of(document);
  for (const char* part :
       {"cannot read image release 'container-host-2026.11': 9 mistakes", "spec.imageDigest: is not 'sha256:' and 64",
        "spec.kernal: is not known here; did you mean 'kernel'?", "spec.kernel: holds control characters",
        "spec.published: '2026-11-20' is not a time", "spec.channel: is not the name of an object",
        "spec.kubernetes.min: is not a minor version", "spec.architectures[1]: is there twice",
        "spec.endOfLife: is not a day", "spec.denied.reason: is missing"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(ImageRelease, RefusesWhatIsNone) {
  EXPECT_THAT(refusal_of(nullptr), HasSubstr("is not an object"));
  EXPECT_THAT(refusal_of(json::object()), HasSubstr("4 mistakes"));
  json document = full();
  document["kind"] = "NodePool";
  document["apiVersion"] = "keelson.dev/v2";
  document["metadata"]["name"] = "../x";
  const auto text = refusal_of(document);
  EXPECT_THAT(text, HasSubstr("kind: is not ImageRelease"));
  EXPECT_THAT(text, HasSubstr("apiVersion: is not keelson.dev/v1alpha1"));
  EXPECT_THAT(text, HasSubstr("metadata.name: is not the name of an object"));
  EXPECT_THAT(refusal_with("kubernetes", {{"min", "1.31"}, {"max", "1.30"}}), HasSubstr("max: is before 'min'"));
  EXPECT_THAT(refusal_with("architectures", json::array_t(17, "amd64")), HasSubstr("17 entries"));
  EXPECT_THAT(refusal_with("published", "2026-11-20T08:00:00"), HasSubstr("is not a time"));
}

TEST(ImageRelease, SaysWhyANodeMustNotGetIt) {
  Node node;
  node.architecture = "amd64";
  node.kubelet = "v1.32.4";
  auto read = read_image_release(full());
  EXPECT_EQ(why_not_for(read, node, kNow), "the release is denied: boots without SELinux");
  read.denied.reset();
  EXPECT_EQ(why_not_for(read, node, kNow), "");
  node.kubelet = "v1.34.9";
  EXPECT_EQ(why_not_for(read, node, kNow), "");
  node.kubelet = "v1.35.0";
  EXPECT_EQ(why_not_for(read, node, kNow), "its kubelet is 1.35, the release is for 1.34 and earlier");
  node.kubelet = "v1.29.0";
  EXPECT_EQ(why_not_for(read, node, kNow), "its kubelet is 1.29, the release is for 1.30 and later");
  node.kubelet = "?";
  EXPECT_EQ(why_not_for(read, node, kNow), "the version of its kubelet is not known");
  node.architecture = "riscv64";
  EXPECT_EQ(why_not_for(read, node, kNow), "the release is for amd64, arm64, the node is riscv64");
  EXPECT_EQ(why_not_for(read, node, Moment(std::chrono::sys_days(read.end_of_life->last)) + std::chrono::hours(23)),
            "the release is for amd64, arm64, the node is riscv64");  // the last day is included
  EXPECT_EQ(why_not_for(read, node, Moment(std::chrono::sys_days(read.end_of_life->last)) + std::chrono::hours(24)),
            "the release ended on 2027-11-30");
}

TEST(ImageRelease, TheNewestOfAChannelIsThatWhichMayBeUsed) {
  using std::chrono::hours;
  std::vector<ImageRelease> releases{release("b", "stable", kNow), release("a", "stable", kNow),
                                     release("z", "stable", std::nullopt), release("c", "stable", kNow + hours(1)),
                                     release("d", "edge", kNow + hours(2))};
  EXPECT_EQ(newest_of(releases, "stable", kNow)->release.name, "c");
  releases[3].denied = "no";
  EXPECT_EQ(newest_of(releases, "stable", kNow)->release.name, "b");
  releases[0].end_of_life = lifecycle::parse_day("2026-11-25");
  EXPECT_EQ(newest_of(releases, "stable", kNow)->release.name, "a");
  releases[1].denied = "no";
  EXPECT_EQ(newest_of(releases, "stable", kNow)->release.name, "z");
  EXPECT_EQ(newest_of(releases, "other", kNow), nullptr);
}

}  // namespace
}  // namespace keelson::fleet
