// A Packages file, from its text to the solver's answer.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "packages/deb/resolve/candidates.h"
#include "packages/deb/resolve/name_directory.h"
#include "packages/deb/resolve/solver.h"

namespace {

constexpr std::size_t kMostNames = 16;  // enough to meet each other; more is only slow

void resolve_everything(std::string_view text) {
  using namespace keelson::deb;
  const std::vector<std::string_view> texts{text};
  const auto bytes = make_name_directory(texts, "amd64");
  const NameDirectory directory(bytes);
  Goal goal{.architecture = "amd64", .recommends = text.size() % 2 == 0, .provided = {{"ours", "1", {"tool"}}}};
  for (const auto& name : directory.package_names()) {
    if (goal.install.size() < kMostNames) goal.install.push_back(name);
  }
  Candidates candidates(texts, directory, goal, {});
  for (const auto& name : goal.install) {
    const auto* package = candidates.find(name);
    if (package == nullptr) std::abort();  // the directory listed it
    if (package->synthetic) continue;
    try {
      read_locked_package(candidates.stanza(package->place), "http://mirror.invalid");
    } catch (const keelson::Error&) {
    }
  }
  const auto requested = require_requested(candidates, directory, goal, "here");
  const auto selection = select_packages(candidates, requested, goal);
  for (const auto* package : selection.packages) {
    if (candidates.find(package->name) != package) std::abort();  // two of one name
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > (1u << 16)) return 0;
  try {
    resolve_everything({reinterpret_cast<const char*>(data), size});
  } catch (const keelson::Error&) {
  }
  return 0;
}
