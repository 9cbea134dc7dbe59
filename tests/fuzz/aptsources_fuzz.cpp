// Any text: the readers of the host's apt configuration end with values or with one Error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "packages/deb/repository/host_sources.h"
#include "packages/deb/repository/suites.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  keelson::deb::HostAptConfiguration host;
  const auto attempt = [](auto&& body) {
    try {
      body();
    } catch (const keelson::Error&) {
    }
  };
  attempt([&] { host.sources = keelson::deb::parse_one_line_sources(text, "fuzz"); });
  attempt([&] {
    for (auto& source : keelson::deb::parse_deb822_sources(text, "fuzz")) host.sources.push_back(std::move(source));
  });
  attempt([&] {
    std::map<std::string, std::string> settings;
    keelson::deb::parse_apt_conf(text, "fuzz", settings);
  });
  attempt([&] {
    keelson::recipe::Distribution distribution;
    distribution.release = "trixie";
    keelson::deb::choose_suites(distribution, host);
  });
  return 0;
}
