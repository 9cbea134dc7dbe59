// The small readers of inspect, each by itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "crypto/sample_signer.h"
#include "formats/uki/authenticode.h"
#include "formats/uki/sample_pe.h"
#include "formats/uki/uki.h"
#include "inspect/access.h"
#include "inspect/configuration.h"
#include "inspect/file_list.h"
#include "inspect/folder_files.h"
#include "inspect/sample_system.h"
#include "inspect/system_files.h"
#include "inspect/uki_facts.h"
#include "inspect/walk.h"
#include "sys/temp_dir.h"

namespace keelson::inspect {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Capabilities, AreSaidAsGetcapSaysThem) {
  const auto attribute = [](std::initializer_list<unsigned char> bytes) {
    return std::string(bytes.begin(), bytes.end());
  };
  EXPECT_EQ(capabilities_text(attribute({1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})),
            "cap_net_raw=ep");
  EXPECT_EQ(capabilities_text(attribute({0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0})),
            "cap_chown,cap_bpf=p");
  EXPECT_EQ(capabilities_text(attribute({1, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80})),
            "cap_chown,63=ei");
  EXPECT_EQ(capabilities_text("short"), "");
  EXPECT_EQ(capabilities_text(std::string(20, '\xff')), "");
}

TEST(SshKeys, HaveTheFingerprintsOfSshKeygen) {
  EXPECT_THAT(key_fingerprints(std::string(kSampleKey) + "\n"), ElementsAre(kSampleFingerprint));
  EXPECT_THAT(key_fingerprints("restrict,command=\"x\" " + std::string(kSampleKey)), ElementsAre(kSampleFingerprint));
  EXPECT_TRUE(
      key_fingerprints("#" + std::string(kSampleKey) + "\nssh-rsa AAAAC3NzaC1lZDI1NTE5AAAA\nssh-rsa !!\n\n").empty());
}

TEST(KernelArgument, IsTheLastOfItsName) {
  EXPECT_EQ(kernel_argument("fips=0 quiet fips=1 fipsx=2", "fips"), "1");
  EXPECT_EQ(kernel_argument("quiet fips", "fips"), std::nullopt);
}

TEST(UkiFacts, SayWhatIsInItAndWhoSignedIt) {
  InitrdFacts initrds;
  std::string made;
  const std::string program = uki::sample_pe();
  uki::write_uki([&](ByteView piece) { made += as_text(piece); }, {.stub = as_bytes(program),
                                                                   .linux = as_bytes(program),
                                                                   .initrd = as_bytes(program),
                                                                   .cmdline = "root=auto quiet",
                                                                   .os_release = "ID=sample\n",
                                                                   .uname = "6.12"});
  json facts = uki_facts(made, "/efi/EFI/Linux/a.efi", initrds);
  EXPECT_EQ(facts["commandLine"], "root=auto quiet");
  EXPECT_EQ(facts["release"], "6.12");
  EXPECT_EQ(facts["os"]["id"], "sample");
  EXPECT_EQ(facts["sections"][".uname"], 4);
  EXPECT_EQ(facts["signatures"], json::array());
  EXPECT_EQ(facts["signed"], false);
  Bytes bound = uki::sign_program(as_bytes(made), "a.efi", sample_signer());
  facts = uki_facts(as_text(bound), "/efi/EFI/Linux/a.efi", initrds);
  ASSERT_EQ(facts["signatures"].size(), 1U);
  EXPECT_EQ(facts["signatures"][0]["subject"], "CN=sample key");
  EXPECT_EQ(facts["signatures"][0]["intact"], true);
  EXPECT_EQ(facts["signed"], true);
  bound[0x401] ^= std::byte{1};
  EXPECT_EQ(uki_facts(as_text(bound), "a.efi", initrds)["signatures"][0]["intact"], false);
  EXPECT_EQ(uki_facts(as_text(bound), "a.efi", initrds)["signed"], false);
  EXPECT_TRUE(uki_facts("no program", "a.efi", initrds).empty());
  EXPECT_TRUE(uki_facts(program, "a.efi", initrds).empty());  // without a kernel
}

TEST(SystemFiles, MountedFileSystemsAreSeenAtTheirPlaces) {
  const TempDir folder("inspect-test");
  put_file(folder.path() / "root", "boot/efi/hidden", "x");
  put_link(folder.path() / "root", "efi", "boot/efi");
  put_link(folder.path() / "root", "up", "boot/efi/../../efi/EFI/a");
  put_file(folder.path() / "esp", "EFI/a", "found");
  const FolderFiles root(folder.path() / "root", Mounts::Cross);
  const FolderFiles esp(folder.path() / "esp", Mounts::Cross);
  const SystemFiles files({{"/", &root}, {"/boot/efi", &esp}});
  EXPECT_EQ(files.text("/boot/efi/EFI/a"), "found");
  EXPECT_EQ(files.text("/efi/EFI/a"), "found");
  EXPECT_EQ(files.text("/up"), "found");
  EXPECT_FALSE(files.find("/boot/efi/hidden"));
  EXPECT_THAT(files.list("/boot/efi"), ElementsAre("EFI"));
  EXPECT_TRUE(files.notes().empty());
}

TEST(SystemFiles, ALoopOfLinksIsNotedAndCountsAsNothing) {
  const TempDir folder("inspect-test");
  put_link(folder.path(), "a", "b");
  put_link(folder.path(), "b", "a");
  const FolderFiles root(folder.path(), Mounts::Cross);
  const SystemFiles files({{"/", &root}});
  EXPECT_FALSE(files.text("/a"));
  EXPECT_THAT(files.notes(), ElementsAre(HasSubstr("too many symlinks")));
}

// A file system whose folders are all the same one.
class Endless final : public FileSystem {
 public:
  const FileSystemIdentity& identity() const override { return identity_; }
  NodeId root() const override { return 0; }
  Node node(NodeId id) const override { return {.id = id, .type = NodeType::Folder, .mode = 0777}; }
  std::vector<FolderEntry> list(NodeId folder) const override {
    return {{"again", 0}, {"below", unique_ ? folder + 1 : 1}};
  }
  std::optional<NodeId> find(NodeId, std::string_view) const override { return std::nullopt; }
  std::string link_target(NodeId) const override { return {}; }
  std::map<std::string, std::string> xattrs(NodeId) const override { return {}; }
  void read(NodeId, std::uint64_t, std::span<std::byte>) const override {}
  std::optional<BlockRange> next_data(NodeId, std::uint64_t) const override { return std::nullopt; }

  bool unique_ = false;

 private:
  FileSystemIdentity identity_;
};

TEST(Walk, EndsInAFileSystemWithoutAnEnd) {
  Endless files;
  std::vector<std::string> notes;
  const auto note = [&](std::string text) { notes.push_back(std::move(text)); };
  std::size_t folders = 0;
  const auto visit = [&](const ListedFile&) { ++folders; };
  visit_files({{"/", &files}}, visit, note);
  EXPECT_THAT(notes, testing::Contains(HasSubstr("is a folder twice")));
  files.unique_ = true;
  folders = 0;
  visit_files({{"/", &files}}, visit, note);
  EXPECT_LT(folders, 1000U);
  EXPECT_THAT(notes, testing::Contains(HasSubstr("more than 256 folders deep")));
}

}  // namespace
}  // namespace keelson::inspect
