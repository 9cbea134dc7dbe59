#include "machine/tpm.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <optional>

#include "sys/process.h"
#include "sys/temp_dir.h"
#include "sys/unique_fd.h"

namespace keelson::machine {
namespace {

bool answers(const std::filesystem::path& socket) {
  const UniqueFd descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket.c_str(), sizeof(address.sun_path) - 1);
  return ::connect(descriptor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

TEST(SoftwareTpm, ASecondOneInTheSameFolderIsNewAndEmpty) {
  if (!find_program("swtpm")) GTEST_SKIP() << "swtpm is not installed";
  const TempDir folder("tpm-test");
  std::optional<SoftwareTpm> tpm(folder.path());
  ASSERT_TRUE(answers(tpm->socket()));  // and with whoever has connected it ends, as with its machine
  const auto state = folder.path() / "tpm/of-the-first";
  ASSERT_TRUE(std::filesystem::create_directory(state));
  tpm.reset();
  tpm.emplace(folder.path());
  EXPECT_FALSE(std::filesystem::exists(state));
  EXPECT_TRUE(answers(tpm->socket()));
}

}  // namespace
}  // namespace keelson::machine
