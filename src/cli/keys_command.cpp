#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "sys/supervise.h"
#include "trust/key_set.h"

namespace keelson::cli {

namespace {

struct Arguments {
  std::string action;
  std::string folder;
  std::string name = "Keelson";
  std::string bits = "2048";
  std::string days = "3650";
};

std::int64_t number(const std::string& text, std::string_view option) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw Error(ErrorKind::Usage, fmt::format("cannot use {} '{}': it takes a whole number", option, text));
  return value;
}

nlohmann::json describe(const trust::KeySetEntry& entry) {
  return {{"name", entry.variable.name},
          {"subject", entry.certificate.subject()},
          {"bits", entry.certificate.bits()},
          {"notBefore", entry.certificate.not_before()},
          {"notAfter", entry.certificate.not_after()},
          {"sha256", entry.certificate.fingerprint().hex()},
          {"privateKey", entry.has_key}};
}

int show(const Arguments& arguments, const Context& context) {
  const auto set = trust::read_key_set(arguments.folder);
  if (context.json) {
    nlohmann::json keys = nlohmann::json::array();
    for (const auto& entry : set.entries) keys.push_back(describe(entry));
    print_json({{"folder", arguments.folder}, {"owner", set.owner.text()}, {"keys", std::move(keys)}});
    return 0;
  }
  if (context.quiet) return 0;
  for (const auto& entry : set.entries) {
    const auto& certificate = entry.certificate;
    print_text(fmt::format("{:<4} {}\n     RSA {}, valid {} to {} UTC{}\n     sha256 {}\n", entry.variable.name,
                           certificate.subject(), certificate.bits(), utc_text(certificate.not_before()),
                           utc_text(certificate.not_after()), entry.has_key ? "" : ", private key elsewhere",
                           certificate.fingerprint().hex()));
  }
  print_text(fmt::format("owner {}\n", set.owner.text()));
  return 0;
}

int make(const Arguments& arguments, const Context& context) {
  trust::create_key_set(arguments.folder, {.name = arguments.name,
                                           .bits = static_cast<unsigned>(number(arguments.bits, "--bits")),
                                           .now = current_time(),
                                           .days = number(arguments.days, "--days")});
  return show(arguments, context);
}

}  // namespace

Command keys_command() {
  const auto arguments = std::make_shared<Arguments>();
  return {.name = "keys",
          .summary = "make or show the keys of Secure Boot",
          .description =
              "'new' makes a folder with the keys PK, KEK and db: private keys (.key, for you alone), certificates "
              "(.crt), and "
              "what firmware enrols (.esl, .auth). db signs boot programs: name db.key and db.crt in a recipe's "
              "os.secureBoot. "
              "Nothing is ever overwritten. 'show' tells what a folder holds, and checks that it belongs together.",
          .example = "keelson keys new keys --name 'Example Ltd' --days 1825",
          .arguments = {{"ACTION", "new or show", &arguments->action, true, {"new", "show"}},
                        {"DIR", "the folder", &arguments->folder}},
          .options = {{"--name", "NAME", "new: whose keys; begins the certificates' names [Keelson]", &arguments->name},
                      {"--bits",
                       "BITS",
                       "new: of each RSA key: 2048, which all firmware takes, 3072 or 4096 [2048]",
                       &arguments->bits,
                       {"2048", "3072", "4096"}},
                      {"--days", "DAYS", "new: how long the certificates are valid [3650]", &arguments->days}},
          .run = [arguments](const Context& context) {
            if (arguments->action == "show") return show(*arguments, context);
            return run_supervised([&] { return guarded(context.json, [&] { return make(*arguments, context); }); },
                                  [&] { trust::remove_key_set_leftovers(arguments->folder); });
          }};
}

}  // namespace keelson::cli
