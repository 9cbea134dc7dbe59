#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "inspect/inspect.h"
#include "inspect/screen.h"

namespace keelson::cli {

namespace {

using nlohmann::json;

struct Arguments {
  std::string target;
  std::string select;
  bool digests = false;
};

// A fact by its dotted path, as policies name it; "partitions.0" is the first of a list.
const json& require_fact(const json& facts, const std::string& path) {
  const json* here = &facts;
  for (const auto part : split(path, '.')) {
    const json* next = nullptr;
    if (here->is_object()) {
      if (const auto found = here->find(std::string(part)); found != here->end()) next = &*found;
    } else if (here->is_array() && !part.empty() && part.size() < 6 &&
               part.find_first_not_of("0123456789") == std::string_view::npos) {
      const auto index = static_cast<std::size_t>(std::stoul(std::string(part)));
      if (index < here->size()) next = &(*here)[index];
    }
    if (next == nullptr) {
      std::vector<std::string> names;
      if (here->is_object())
        for (const auto& [name, value] : here->items()) names.push_back(name);
      throw Error(ErrorKind::NotFound, fmt::format("cannot select '{}': there is no such fact", path),
                  did_you_mean(part, names));
    }
    here = next;
  }
  return *here;
}

// A text as it is, so that scripts need not take quotes off; lists and objects as JSON.
void print_fact(const json& fact, const Context& context) {
  if (context.json || fact.is_structured()) return print_json(fact);
  print_text((fact.is_string() ? fact.get<std::string>() : fact.dump()) + "\n");
}

int run(const Arguments& arguments, const Context& context) {
  require_file(arguments.target, kAnImage);
  const json facts = inspect::inspect({.target = arguments.target,
                                       .digests = arguments.digests ? inspect::Digests::Yes : inspect::Digests::No,
                                       .now = current_time()});
  if (!arguments.select.empty()) {
    print_fact(require_fact(facts, arguments.select), context);
  } else if (context.json) {
    print_json(facts);
  } else {
    print_text(inspect::screen(facts, arguments.target, context.colour ? inspect::Colour::Yes : inspect::Colour::No));
  }
  return 0;
}

}  // namespace

Command inspect_command() {
  const auto arguments = std::make_shared<Arguments>();
  return {.name = "inspect",
          .summary = "say what is in an image, without starting it",
          .description =
              "Reads a raw, qcow2, VHD or VHDX image, a root directory, or '/': the OS, its kernel and boot chain, "
              "packages, units, accounts, keys, setuid programs, certificates and more. Nothing is mounted, started or "
              "written, and no privilege is needed for what may be read. With --json the facts are printed; they are "
              "named as 'keelson boot --facts' and policies name them.",
          .example =
              "keelson inspect out/container-host.vhdx\n"
              "keelson inspect out/container-host.raw --select versions.kernel",
          .arguments = {{"IMAGE", "a disk image, a container image, a tar of a root, a root directory, or /",
                         &arguments->target}},
          .options = {{"--select", "FACT", "print one fact, by its dotted path", &arguments->select},
                      {"--digests", "", "the SHA-256 of every partition as well, which reads all of the image",
                       &arguments->digests}},
          .run = [arguments](const Context& context) { return run(*arguments, context); }};
}

}  // namespace keelson::cli
