#include "node/live_root.h"

#include "base/error.h"
#include "base/harmless_text.h"
#include "base/text.h"
#include "sys/file.h"

namespace keelson::node {

namespace {

constexpr ByteCount kMostOfKernel = mebibytes(4);  // mountinfo of a node with thousands of containers

}  // namespace

LiveRoot::LiveRoot(std::filesystem::path root)
    : root_(std::move(root)),
      folder_(std::make_unique<inspect::FolderFiles>(root_, inspect::Mounts::Cross)),
      system_(std::make_unique<inspect::SystemFiles>(std::vector<inspect::MountedFiles>{{"/", folder_.get()}})) {}

std::optional<std::string> LiveRoot::kernel_says(std::string_view path) const {
  try {
    const std::string text = read_file(root_ / path.substr(1), kMostOfKernel);
    return harmless_text(trim(std::string_view(text)));
  } catch (const Error&) {
    return std::nullopt;  // each caller says what is not known
  }
}

}  // namespace keelson::node
