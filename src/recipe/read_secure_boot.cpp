#include "recipe/read_parts.h"

namespace keelson::recipe {

namespace {

constexpr std::string_view kTokenScheme = "pkcs11:";  // RFC 7512

// The recipe goes into repositories, logs and the image's history.
void check_token_uri(const View& key, const std::string& uri, const Reading& reading) {
  if (uri.find("pin-value=") == std::string::npos) return;
  reading.rule(key, "a PIN does not belong into a recipe", "put it into a file, and name that with pin-source");
}

std::string read_key(const View& key, const Reading& reading) {
  const std::string place = key.text_or("");
  if (place.starts_with(kTokenScheme)) {
    check_token_uri(key, place, reading);
    return place;
  }
  return key.given() ? reading.require_file(key).native() : std::string();
}

}  // namespace

std::optional<SecureBoot> read_secure_boot(const View& view, const Reading& reading) {
  if (!view.holds_something()) return std::nullopt;
  SecureBoot result;
  result.key = read_key(view.at("key"), reading);
  result.pcr_key = read_key(view.at("pcrKey"), reading);
  if (view.at("certificate").given()) result.certificate = reading.require_file(view.at("certificate"));
  const View enroll = view.at("enroll");
  if (enroll.at("keys").given()) result.enroll_keys = reading.require_folder(enroll.at("keys"));
  result.enroll_mode = enroll.at("mode").text_or("if-safe");
  return result;
}

}  // namespace keelson::recipe
