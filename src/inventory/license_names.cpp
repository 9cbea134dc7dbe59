#include "inventory/license_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace keelson::inventory {

namespace {

struct Name {
  std::string_view lower;  // as copyright files write it, in lower case
  std::string_view spdx;
};

// Names that say one thing. SPDX's own identifiers are found without being listed a second time.
constexpr std::array kNames{
    Name{"expat", "MIT"},
    Name{"mit/expat", "MIT"},
    Name{"bsd-2-clauses", "BSD-2-Clause"},
    Name{"bsd-3-clauses", "BSD-3-Clause"},
    Name{"bsd-4-clauses", "BSD-4-Clause"},
    Name{"2-clause-bsd", "BSD-2-Clause"},
    Name{"3-clause-bsd", "BSD-3-Clause"},
    Name{"bsd-4-clause-uc", "BSD-4-Clause-UC"},
    Name{"apache-2", "Apache-2.0"},
    Name{"apache2", "Apache-2.0"},
    Name{"boost-1.0", "BSL-1.0"},
    Name{"bsl-1", "BSL-1.0"},
    Name{"cc0", "CC0-1.0"},
    Name{"artistic", "Artistic-1.0-Perl"},  // the text in /usr/share/common-licenses is Perl's
    Name{"artistic-2", "Artistic-2.0"},
    Name{"mpl-2", "MPL-2.0"},
    Name{"ofl-1.1", "OFL-1.1"},
    Name{"sil-1.1", "OFL-1.1"},
    Name{"psf-2", "PSF-2.0"},
    Name{"zope-2.1", "ZPL-2.1"},
};

// Licences of SPDX's list that copyright files name by its identifier, whatever the case.
constexpr std::array<std::string_view, 69> kIdentifiers{
    "0BSD",
    "AFL-2.0",
    "AFL-2.1",
    "AFL-3.0",
    "Apache-1.0",
    "Apache-1.1",
    "Apache-2.0",
    "Artistic-1.0",
    "Artistic-1.0-Perl",
    "Artistic-2.0",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-2-Clause-Patent",
    "BSD-2-Clause-Views",
    "BSD-3-Clause",
    "BSD-3-Clause-LBNL",
    "BSD-4-Clause",
    "BSD-4-Clause-UC",
    "BSD-Source-Code",
    "BSL-1.0",
    "Beerware",
    "CC-BY-2.5",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "CC-BY-SA-3.0",
    "CC-BY-SA-4.0",
    "CC0-1.0",
    "CDDL-1.0",
    "CDDL-1.1",
    "CPL-1.0",
    "EPL-1.0",
    "EPL-2.0",
    "FSFAP",
    "FSFUL",
    "FSFULLR",
    "HPND",
    "HPND-sell-variant",
    "IJG",
    "ISC",
    "LPPL-1.3c",
    "Libpng",
    "MIT",
    "MIT-0",
    "MPL-1.1",
    "MPL-2.0",
    "MS-PL",
    "NCSA",
    "NTP",
    "OFL-1.1",
    "OLDAP-2.8",
    "OpenSSL",
    "PHP-3.01",
    "PSF-2.0",
    "PostgreSQL",
    "Python-2.0",
    "QPL-1.0",
    "Ruby",
    "SISSL",
    "Sleepycat",
    "TCL",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Vim",
    "W3C",
    "WTFPL",
    "X11",
    "ZPL-2.1",
    "Zlib",
};
constexpr std::string_view kPerl = "(Artistic-1.0-Perl OR GPL-1.0-or-later)";

struct GnuVersion {
  std::string_view family;
  std::string_view version;  // as copyright files write it
  std::string_view spdx;     // without "-only" and "-or-later"
};
constexpr std::array kGnuVersions{
    GnuVersion{"gpl", "1", "GPL-1.0"},
    GnuVersion{"gpl", "2", "GPL-2.0"},
    GnuVersion{"gpl", "3", "GPL-3.0"},
    GnuVersion{"lgpl", "2", "LGPL-2.0"},
    GnuVersion{"lgpl", "2.1", "LGPL-2.1"},
    GnuVersion{"lgpl", "3", "LGPL-3.0"},
    GnuVersion{"agpl", "3", "AGPL-3.0"},
    GnuVersion{"gfdl", "1.1", "GFDL-1.1"},
    GnuVersion{"gfdl", "1.2", "GFDL-1.2"},
    GnuVersion{"gfdl", "1.3", "GFDL-1.3"},
    GnuVersion{"gfdl-niv", "1.1", "GFDL-1.1-no-invariants"},
    GnuVersion{"gfdl-niv", "1.2", "GFDL-1.2-no-invariants"},
    GnuVersion{"gfdl-niv", "1.3", "GFDL-1.3-no-invariants"},
};

struct Exception {
  std::string_view lower;
  std::string_view license;  // SPDX's exceptions have versions; the licence tells which
  std::string_view spdx;
};
constexpr std::array kExceptions{
    Exception{"autoconf", "GPL-2.0-or-later", "Autoconf-exception-2.0"},
    Exception{"autoconf", "GPL-3.0-or-later", "Autoconf-exception-3.0"},
    Exception{"libtool", "GPL-2.0-or-later", "Libtool-exception"},
    Exception{"gcc", "GPL-3.0-or-later", "GCC-exception-3.1"},
    Exception{"bison", "GPL-3.0-or-later", "Bison-exception-2.2"},
    Exception{"bison", "GPL-2.0-or-later", "Bison-exception-2.2"},
    Exception{"classpath", "GPL-2.0-only", "Classpath-exception-2.0"},
    Exception{"font", "GPL-2.0-or-later", "Font-exception-2.0"},
    Exception{"linux-syscall-note", "GPL-2.0-only", "Linux-syscall-note"},
    Exception{"linux-syscall-note", "GPL-2.0-or-later", "Linux-syscall-note"},
    Exception{"llvm", "Apache-2.0", "LLVM-exception"},
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

bool cut_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

// "gpl-2+", "lgpl-2.1-or-later", "gpl-3.0".
std::string gnu_license(std::string_view name) {
  const bool later = cut_suffix(name, "+") || cut_suffix(name, "-or-later");
  if (!later) cut_suffix(name, "-only");
  for (const auto& [family, version, spdx] : kGnuVersions) {
    if (!name.starts_with(family) || name.size() <= family.size() || name[family.size()] != '-') continue;
    std::string_view rest = name.substr(family.size() + 1);
    cut_suffix(rest, ".0");
    if (rest == version) return fmt::format("{}{}", spdx, later ? "-or-later" : "-only");
  }
  return {};
}

std::string license_named(std::string_view short_name) {
  const std::string name = lower(short_name);
  if (name == "perl") return std::string(kPerl);
  for (const auto& known : kNames) {
    if (known.lower == name) return std::string(known.spdx);
  }
  for (const auto identifier : kIdentifiers) {
    if (lower(identifier) == name) return std::string(identifier);
  }
  return gnu_license(name);
}

}  // namespace

std::string spdx_license(std::string_view short_name, std::string_view exception) {
  const std::string license = license_named(short_name);
  if (exception.empty() || license.empty()) return license;
  const std::string wanted = lower(exception);
  for (const auto& known : kExceptions) {
    if (known.lower == wanted && known.license == license) return fmt::format("{} WITH {}", license, known.spdx);
  }
  return {};
}

std::vector<std::string> spdx_identifiers() {
  std::vector<std::string> all(kIdentifiers.begin(), kIdentifiers.end());
  for (const auto& name : kNames) all.emplace_back(name.spdx);
  for (const auto& gnu : kGnuVersions) {
    for (const char* suffix : {"-only", "-or-later"}) all.push_back(std::string(gnu.spdx) + suffix);
  }
  for (const auto& exception : kExceptions) all.emplace_back(exception.spdx);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace keelson::inventory
