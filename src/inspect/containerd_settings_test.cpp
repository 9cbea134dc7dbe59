#include "inspect/containerd_settings.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "inspect/inspect.h"
#include "inspect/sample_system.h"
#include "sys/temp_dir.h"

namespace keelson::inspect {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class Containerd : public testing::Test {
 protected:
  Containerd() { put_file(root_, "etc/os-release", "ID=a\n"); }

  void put(const std::string& path, const std::string& text) { put_file(root_, "etc/containerd/" + path, text); }
  void installed(const std::string& version) {
    put_file(root_, "var/lib/dpkg/status",
             "Package: containerd\nStatus: install ok installed\nArchitecture: amd64\nVersion: " + version + "\n\n");
  }
  json facts() const { return inspect({.target = root_}); }
  json settings() const { return facts()["containerd"]["config"]["settings"]; }

  TempDir folder_{"containerd-test"};
  std::filesystem::path root_ = folder_.path() / "root";
};

constexpr const char* kSecond = R"(version = 2
root = "/data/containerd"
disabled_plugins = ["io.containerd.internal.v1.tracing"]
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.9"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = true
)";

TEST_F(Containerd, OfTheSecondVersionTheCriPluginHasItAll) {
  put("config.toml", kSecond);
  EXPECT_EQ(settings(),
            json::parse(R"({"version": 2, "imports": [], "root": "/data/containerd", "state": "/run/containerd",
      "disabledPlugins": ["io.containerd.internal.v1.tracing"], "snapshotter": "overlayfs", "systemdCgroup": true,
      "defaultRuntime": "runc", "sandboxImage": "registry.k8s.io/pause:3.9",
      "registryConfigPath": "/etc/containerd/certs.d"})"));
}

TEST_F(Containerd, OfTheThirdVersionItIsInTwoPlugins) {
  put("config.toml", R"(version = 3
[plugins.'io.containerd.cri.v1.runtime'.containerd]
default_runtime_name = "crun"
runtimes.crun.options.SystemdCgroup = true
[plugins.'io.containerd.cri.v1.images']
snapshotter = "erofs"
pinned_images.sandbox = "pause:3.10"
registry.config_path = "/etc/certs"
)");
  const json found = settings();
  EXPECT_EQ(found["defaultRuntime"], "crun");
  EXPECT_EQ(found["systemdCgroup"], true);
  EXPECT_EQ(found["snapshotter"], "erofs");
  EXPECT_EQ(found["sandboxImage"], "pause:3.10");
  EXPECT_EQ(found["registryConfigPath"], "/etc/certs");
}

TEST_F(Containerd, BeforeTwoAnImportReplacesAWholePlugin) {
  put("config.toml", std::string("imports = [\"conf.d/*.toml\"]\n") + kSecond);
  put("conf.d/10.toml", "state = \"/run/c\"\n[plugins.\"io.containerd.grpc.v1.cri\"]\nsandbox_image = \"mine\"\n");
  put("conf.d/20.txt", "root = \"/nowhere\"\n");
  installed("1.7.24~ds1-6");
  json found = settings();
  EXPECT_EQ(found["imports"], json({"/etc/containerd/conf.d/10.toml"}));
  EXPECT_EQ(found["state"], "/run/c");
  EXPECT_EQ(found["sandboxImage"], "mine");
  EXPECT_EQ(found["systemdCgroup"], false);
  installed("2.1.4-1");
  found = settings();
  EXPECT_EQ(found["sandboxImage"], "mine");
  EXPECT_EQ(found["systemdCgroup"], true);
}

TEST_F(Containerd, WhatIsImportedCountsForRegistriesToo) {
  put("config.toml", "imports = [\"/etc/containerd/more.toml\"]\n");
  put("more.toml", "imports = [\"/etc/containerd/config.toml\"]\nendpoint = [\"http://plain.example\"]\n");
  EXPECT_THAT(facts()["containerd"]["config"]["unverifiedRegistries"].dump(), HasSubstr("more.toml: endpoint"));
}

TEST_F(Containerd, WhatIsNoTomlIsNoted) {
  put("config.toml", "version = 2\nroot /x\n");
  const json found = facts();
  EXPECT_EQ(found["containerd"]["config"]["settings"]["root"], "/var/lib/containerd");
  EXPECT_THAT(found["inspection"]["notes"].dump(), HasSubstr("config.toml': line 2: '=' is missing"));
}

}  // namespace
}  // namespace keelson::inspect
