#include "cli/output.h"

#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

namespace keelson::cli {

namespace {

std::string dump(const nlohmann::json& value, int indent) { return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"; }

}  // namespace

void print_text(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void print_json(const nlohmann::json& result) { print_text(dump(result, 2)); }

std::string error_json(const Error& error) {
  return dump({{"error",
                {{"kind", kind_name(error.kind())},
                 {"message", error.message()},
                 {"context", error.context()},
                 {"hint", error.hint()},
                 {"exitCode", exit_code(error.kind())}}}},
              -1);
}

std::int64_t current_time() { return static_cast<std::int64_t>(std::time(nullptr)); }

}  // namespace keelson::cli
