#include "node/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace keelson::node {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(NodeConfig, SaysWhatTheNodeMay) {
  const auto config = parse_config(
      "nodeName: n1\nkubeconfig: /etc/kubernetes/kubelet.conf\nupdate: {command: [/usr/lib/keelson/update, -x], "
      "timeout: 30m}\nreboot: {command: [systemctl, kexec]}\naudit: {every: 24h, facts: /var/lib/f.json}\n",
      "node.yaml");
  EXPECT_EQ(config.node_name, "n1");
  EXPECT_EQ(config.kubeconfig, "/etc/kubernetes/kubelet.conf");
  EXPECT_THAT(config.update->command, ElementsAre("/usr/lib/keelson/update", "-x"));
  EXPECT_EQ(config.update->timeout, 30min);
  EXPECT_THAT(config.reboot, ElementsAre("systemctl", "kexec"));
  EXPECT_EQ(config.audit.every, 24h);
  EXPECT_EQ(config.audit.facts, "/var/lib/f.json");
}

TEST(NodeConfig, WithoutAnythingItOnlyReports) {
  for (const char* text : {"", "# nothing\n", "{}\n"}) {
    const auto config = parse_config(text, "node.yaml");
    EXPECT_FALSE(config.update);
    EXPECT_FALSE(config.audit.every);
    EXPECT_THAT(config.reboot, ElementsAre("systemctl", "reboot"));
  }
}

TEST(NodeConfig, EveryMistakeIsNamed) {
  try {
    parse_config("updates: {}\nupdate: {timeout: soon}\nkubeconfig: x\naudit: {every: 1s}\n", "node.yaml");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    for (const char* part : {"node.yaml", "updates", "update.command", "timeout", "kubeconfig", "audit.every"})
      EXPECT_THAT(error.message(), HasSubstr(part));
  }
}

}  // namespace
}  // namespace keelson::node
