#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "sys/file.h"

namespace keelson::cli {

namespace {

namespace fs = std::filesystem;

// The cache's folders, and what is lost when one is emptied: time or downloads, never correctness.
struct Part {
  std::string name;
  std::string meaning;
};
const std::vector<Part> kParts{{"objects", "downloaded packages and indices"},
                               {"opened", "packages taken apart"},
                               {"archives", "signed indices, remembered"},
                               {"names", "package names, for suggestions"},
                               {"resolved", "resolutions"},
                               {"steps", "results of build steps"},
                               {"built", "what was built where"},
                               {"partial", "parts of downloads"},
                               {"work", "work folders"}};

std::uint64_t folder_size(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (const auto& entry :
       fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, error)) {
    if (entry.is_regular_file(error)) bytes += entry.file_size(error);
  }
  return bytes;
}

int show(const Context& context) {
  nlohmann::json parts = nlohmann::json::object();
  std::uint64_t total = 0;
  for (const auto& part : kParts) {
    const std::uint64_t bytes = folder_size(context.cache_folder / part.name);
    parts[part.name] = bytes;
    total += bytes;
    if (!context.json) print_text(fmt::format("{:<10} {:>10}  {}\n", part.name, human_size({bytes}), part.meaning));
  }
  if (context.json) {
    print_json({{"folder", context.cache_folder.native()}, {"bytes", total}, {"parts", parts}});
  } else {
    print_text(fmt::format("{:<10} {:>10}  {}\n", "all", human_size({total}), context.cache_folder.native()));
  }
  return 0;
}

int prune(const Context& context, bool everything) {
  std::uint64_t freed = 0;
  for (const auto& part : kParts) {
    // Downloads are dear and verified again at each use; everything else is made from them.
    if (!everything && (part.name == "objects" || part.name == "archives")) continue;
    const fs::path folder = context.cache_folder / part.name;
    freed += folder_size(folder);
    std::error_code error;
    fs::remove_all(folder, error);
    if (error) throw system_error("remove", folder.native(), error.value());
  }
  if (context.json) {
    print_json({{"freed", freed}});
  } else if (!context.quiet) {
    print_text(fmt::format("{} freed\n", human_size({freed})));
  }
  return 0;
}

}  // namespace

Command cache_command() {
  struct Arguments {
    std::string action;
    bool all = false;
  };
  const auto arguments = std::make_shared<Arguments>();
  return {.name = "cache",
          .summary = "show or prune the cache",
          .description =
              "'show' lists what the cache holds. 'prune' removes everything that can be made again from the "
              "downloads; with --all "
              "the downloads too. Nothing in it is needed for a correct build.",
          .example = "keelson cache show",
          .arguments = {{"ACTION", "show or prune", &arguments->action, true, {"show", "prune"}}},
          .options = {{"--all", "", "prune: the downloads as well", &arguments->all}},
          .run = [arguments](const Context& context) {
            return arguments->action == "show" ? show(context) : prune(context, arguments->all);
          }};
}

}  // namespace keelson::cli
