#include "cli/output.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <new>
#include <nlohmann/json.hpp>

namespace keelson::cli {

namespace {

std::string dump(const nlohmann::json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

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

namespace {

int fail(const Error& error, bool json) {
  const std::string text = json ? error_json(error) : render(error);
  std::fwrite(text.data(), 1, text.size(), stderr);
  return exit_code(error.kind());
}

}  // namespace

int guarded(bool json, const std::function<int()>& body) {
  try {
    return body();
  } catch (const Error& error) {
    return fail(error, json);
  } catch (const std::bad_alloc&) {
    return fail(Error(ErrorKind::Unavailable, "cannot go on: there is not enough memory"), json);
  } catch (const std::exception& error) {
    return fail(Error(ErrorKind::Internal, std::string("cannot go on: ") + error.what(),
                      "this is a bug in keelson: please report it"),
                json);
  }
}

std::int64_t current_time() { return static_cast<std::int64_t>(std::time(nullptr)); }

std::optional<std::int64_t> source_date_epoch() {
  const char* text = std::getenv("SOURCE_DATE_EPOCH");
  if (text == nullptr || *text == '\0') return std::nullopt;
  constexpr std::int64_t kLatest = 253'402'300'799;  // the end of the year 9999
  const std::string_view digits = text;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (error == std::errc() && end == digits.data() + digits.size() && seconds >= 0 && seconds <= kLatest)
    return seconds;
  throw Error(ErrorKind::Usage,
              fmt::format("cannot use SOURCE_DATE_EPOCH '{}': it takes a whole number of seconds since 1970", digits));
}

}  // namespace keelson::cli
