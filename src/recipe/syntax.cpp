#include "recipe/syntax.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.h"

namespace keelson::recipe {

namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_alnum(char c) { return is_alpha(c) || is_digit(c); }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

template <typename Accepts>
bool each(std::string_view text, Accepts accepts) {
  return std::all_of(text.begin(), text.end(), accepts);
}

bool among(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

bool is_host_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         each(label, [](char c) { return is_alnum(c) || c == '-'; });
}

bool is_host_name(std::string_view text) {
  const auto labels = split(text, '.');
  return text.size() <= 64 && std::all_of(labels.begin(), labels.end(), is_host_label);
}

bool is_user_name(std::string_view text) {
  if (text.empty() || text.size() > 32 || !(is_alpha(text.front()) || text.front() == '_')) return false;
  if (text.size() > 1 && text.back() == '$') text.remove_suffix(1);
  return each(text, [](char c) { return is_alnum(c) || among(c, "_.-"); });
}

bool is_package_spec(std::string_view text) {
  return !text.empty() && text.size() <= 255 && text.front() != '-' &&
         each(text, [](char c) { return c > ' ' && c < 0x7f; });
}

bool is_module_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && each(text, [](char c) { return is_alnum(c) || among(c, "_.-"); });
}

bool is_unit_name(std::string_view text) {
  return !text.empty() && text.size() <= 255 && text.front() != '-' &&
         each(text, [](char c) { return is_alnum(c) || among(c, ":_.\\@-"); });
}

bool is_line(std::string_view text) { return std::none_of(text.begin(), text.end(), is_control); }

bool is_absolute_path(std::string_view text) {
  if (!text.starts_with('/') || text.size() > 4095 || !is_line(text)) return false;
  const auto parts = split(text, '/');
  return std::none_of(parts.begin(), parts.end(), [](auto part) { return part == ".."; });
}

bool is_file_path(std::string_view text) { return !text.empty() && text.size() <= 4095 && is_line(text); }

bool is_identifier(std::string_view text) {
  return !text.empty() && text.size() <= 255 && each(text, [](char c) { return c > ' ' && c < 0x7f; });
}

bool is_partition_label(std::string_view text) {
  return text.size() <= 36 && each(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool is_url_tail(std::string_view text) {
  return !text.empty() && each(text, [](char c) { return c > ' ' && c < 0x7f; });
}

bool is_url(std::string_view text, std::initializer_list<std::string_view> protocols) {
  const auto at = text.find("://");
  if (at == std::string_view::npos || !is_url_tail(text.substr(at + 3))) return false;
  return std::find(protocols.begin(), protocols.end(), text.substr(0, at)) != protocols.end();
}

bool is_mirror(std::string_view text) { return text == "host" || is_url(text, {"http", "https", "file"}); }

bool is_bootstrap_url(std::string_view text) {
  return is_url(text, {"nfs", "http", "https", "ftp", "torrent", "tftp"});
}

bool is_suite_name(std::string_view text) {
  return !text.empty() && is_lower(text.front()) &&
         each(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool is_component(std::string_view text) {
  return !text.empty() && is_lower(text.front()) &&
         each(text, [](char c) { return is_lower(c) || is_digit(c) || among(c, "./-"); });
}

/// The digits at `at` as a number, or -1.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return -1;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (!is_digit(c)) return -1;
    value = 10 * value + (c - '0');
  }
  return value;
}

bool between(int value, int low, int high) { return value >= low && value <= high; }

bool is_date(std::string_view text) {
  return text.size() == 10 && text[4] == '-' && text[7] == '-' && digits(text, 0, 4) >= 0 &&
         between(digits(text, 5, 2), 1, 12) && between(digits(text, 8, 2), 1, 31);
}

bool is_hour_and_minute(std::string_view text) {
  return text.size() == 5 && text[2] == ':' && between(digits(text, 0, 2), 0, 23) && between(digits(text, 3, 2), 0, 59);
}

/// What follows the seconds: a fraction perhaps, then the zone.
bool is_zone(std::string_view text) {
  if (text.starts_with('.')) {
    const auto end = std::find_if_not(text.begin() + 1, text.end(), is_digit);
    if (end == text.begin() + 1) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
  }
  return text == "Z" || (!text.empty() && among(text.front(), "+-") && is_hour_and_minute(text.substr(1)));
}

bool is_timestamp(std::string_view text) {
  if (!is_date(text.substr(0, 10))) return false;
  if (text.size() == 10) return true;
  return text.size() > 19 && text[10] == 'T' && is_hour_and_minute(text.substr(11, 5)) && text[16] == ':' &&
         between(digits(text, 17, 2), 0, 59) && is_zone(text.substr(19));
}

bool is_mount_path(std::string_view text) {
  return is_absolute_path(text) && each(text, [](char c) { return !among(c, " :,"); });
}

bool is_mount_options(std::string_view text) { return is_line(text) && text.find(' ') == std::string_view::npos; }

bool is_subvolume_path(std::string_view text) {
  if (text.empty() || text.size() > 4095 || !is_line(text)) return false;
  const auto parts = split(text, '/');
  return std::none_of(parts.begin(), parts.end(),
                      [](auto part) { return part.empty() || part == "." || part == ".."; });
}

bool is_any_text(std::string_view) { return true; }
bool is_not_empty(std::string_view text) { return !text.empty(); }
bool is_word(std::string_view text) {
  return !text.empty() && is_line(text) && text.find(' ') == std::string_view::npos;
}
bool is_kernel_argument(std::string_view text) { return !text.empty() && is_line(text); }

bool is_variable_name(std::string_view text) {
  return !text.empty() && !is_digit(text.front()) && each(text, [](char c) { return is_alnum(c) || c == '_'; });
}

bool is_sysctl_name(std::string_view text) {
  return !text.empty() && is_alpha(text.front()) && text.find("..") == std::string_view::npos &&
         each(text, [](char c) { return is_alnum(c) || among(c, "._-/"); });
}

bool is_oci_reference(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || text.size() > 512) return false;
  const auto host = text.substr(0, slash);
  const auto rest = text.substr(slash + 1);
  return each(host, [](char c) { return is_alnum(c) || among(c, ".:-"); }) && !rest.empty() &&
         (is_lower(rest.front()) || is_digit(rest.front())) &&
         each(rest, [](char c) { return is_alnum(c) || among(c, "._/:@-"); });
}

bool is_platform_part(std::string_view text) {
  return !text.empty() && each(text, [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
}

bool is_platform(std::string_view text) {
  const auto parts = split(text, '/');
  return parts.size() <= 2 && std::all_of(parts.begin(), parts.end(), is_platform_part);
}

bool is_number(std::string_view text) { return !text.empty() && each(text, is_digit); }

bool is_azure_version(std::string_view text) {
  const auto parts = split(text, '.');
  return (parts.size() == 2 || parts.size() == 3) && std::all_of(parts.begin(), parts.end(), is_number);
}

bool is_azure_variant(std::string_view text) {
  if (text.empty() || among(text.front(), "._-") || among(text.back(), "._-")) return false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '.' && among(text[i - 1], "._-")) return false;
    if (among(text[i], "_-") && text[i - 1] == '.') return false;
    if (among(text[i], "_-") && among(text[i - 1], "_-") && text[i] != text[i - 1]) return false;
    if (i >= 2 && text[i] == '_' && text[i - 1] == '_' && text[i - 2] == '_') return false;
  }
  return each(text, [](char c) { return is_lower(c) || is_digit(c) || among(c, "._-"); });
}

bool is_ports(std::string_view text) {
  const auto ends = split(text, '-');
  if (ends.size() > 2) return false;
  int last = 1;
  for (const auto end : ends) {
    const int port = end.size() > 5 || end.empty() || end.front() == '0' ? -1 : digits(end, 0, end.size());
    if (!between(port, last, 65'535)) return false;
    last = port;
  }
  return true;
}

bool is_ipv4(std::string_view text) {
  const auto parts = split(text, '.');
  return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](auto part) {
           return part.size() <= 3 && !part.empty() && between(digits(part, 0, part.size()), 0, 255);
         });
}

/// RFC 4291, section 2.2, without the forms that hold an IPv4 address.
bool is_ipv6(std::string_view text) {
  const auto gap = text.find("::");
  if (gap != std::string_view::npos && text.find("::", gap + 1) != std::string_view::npos) return false;
  std::size_t groups = 0;
  for (const auto part : split(text, ':')) {
    if (part.empty()) continue;
    if (part.size() > 4 || !each(part, is_hex)) return false;
    ++groups;
  }
  if (gap != std::string_view::npos) return groups < 8;
  return groups == 8 && text.front() != ':' && text.back() != ':';
}

bool is_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = text.substr(0, slash);
  const bool ipv4 = is_ipv4(address);
  if (!ipv4 && !(address.find(':') != std::string_view::npos && is_ipv6(address))) return false;
  if (slash == std::string_view::npos) return true;
  const auto prefix = text.substr(slash + 1);
  return !prefix.empty() && prefix.size() <= 3 && between(digits(prefix, 0, prefix.size()), 0, ipv4 ? 32 : 128);
}

bool is_sha256_text(std::string_view text) { return text.size() == 64 && each(text, is_hex); }

}  // namespace

const Syntax kHostName{
    "a host name", "letters, digits and hyphens, in labels joined by dots; at most 64 characters",
    R"(^(?=.{1,64}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$)",
    is_host_name};
const Syntax kUserName{"a user or group name",
                       "a letter or '_', then letters, digits, '_', '.' or '-'; at most 32 characters",
                       R"(^(?=.{1,32}$)[A-Za-z_][A-Za-z0-9_.-]*\$?$)", is_user_name};
const Syntax kPackageSpec{"a package name", "no white space, and no '-' at the start", R"(^(?!-)[!-~]{1,255}$)",
                          is_package_spec};
const Syntax kModuleName{"a kernel module's name", "letters, digits, '_', '.' and '-'", R"(^[A-Za-z0-9_.-]{1,64}$)",
                         is_module_name};
const Syntax kUnitName{"a systemd unit's name", R"(letters, digits and any of : _ . \ @ -)",
                       R"(^(?!-)[A-Za-z0-9:_.\\@-]{1,255}$)", is_unit_name};
const Syntax kAbsolutePath{"an absolute path", "it starts with '/' and has no '..' in it",
                           R"(^(?!.*/\.\.(/|$))/[^\u0000-\u001f\u007f]{0,4094}$)", is_absolute_path};
const Syntax kFilePath{"a file's path", "not empty, no control characters", R"(^[^\u0000-\u001f\u007f]{1,4095}$)",
                       is_file_path};
const Syntax kLine{"one line of text", "no line breaks or other control characters", R"(^[^\u0000-\u001f\u007f]*$)",
                   is_line};
const Syntax kIdentifier{"an identifier", "printable ASCII without spaces", R"(^[!-~]{1,255}$)", is_identifier};
const Syntax kPartitionLabel{"a partition label", "at most 36 printable ASCII characters", R"(^[ -~]{0,36}$)",
                             is_partition_label};
const Syntax kUuid{"a UUID", "8-4-4-4-12 hexadecimal digits",
                   R"(^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$)", is_uuid};
const Syntax kMirror{"'host' or a URL", "the URL starts with http://, https:// or file://",
                     R"(^(host|(http|https|file)://[!-~]+)$)", is_mirror};
const Syntax kSuiteName{"a suite's code name", "lower-case letters, digits and hyphens, like 'trixie'",
                        R"(^[a-z][a-z0-9-]*$)", is_suite_name};
const Syntax kComponent{"an archive component", "lower-case, like 'main' or 'non-free-firmware'",
                        R"(^[a-z][a-z0-9./-]*$)", is_component};
const Syntax kTimestamp{
    "a date or time", "2025-09-18, or 2025-09-18T06:00:00Z",
    R"(^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d))?$)",
    is_timestamp};
const Syntax kMountPath{"a mount path", "it starts with '/', has no '..', and holds no white space, colon or comma",
                        R"(^(?!.*/\.\.(/|$))/[^\u0000-\u0020\u007f:,]{0,4094}$)", is_mount_path};
const Syntax kMountOptions{"mount options", "separated by commas, without white space", R"(^[^\u0000-\u0020\u007f]*$)",
                           is_mount_options};
const Syntax kSubvolumePath{"a subvolume's path", "relative, without '.', '..' or empty parts",
                            R"(^(?!.*(^|/)\.{0,2}(/|$))[^\u0000-\u001f\u007f]{1,4095}$)", is_subvolume_path};
const Syntax kAnyText{"a text", "anything", R"(^[\s\S]*$)", is_any_text};
const Syntax kNotEmpty{"a text that is not empty", "at least one character", R"(^[\s\S]+$)", is_not_empty};
const Syntax kWord{"a word", "not empty, without white space", R"(^[^\u0000-\u0020\u007f]+$)", is_word};
const Syntax kKernelArgument{"a kernel argument", "one line, not empty", R"(^[^\u0000-\u001f\u007f]+$)",
                             is_kernel_argument};
const Syntax kVariableName{"a variable's name", "letters, digits and '_', no digit first",
                           R"(^[A-Za-z_][A-Za-z0-9_]*$)", is_variable_name};
const Syntax kSysctlName{"a kernel setting's name", "like net.ipv4.ip_forward",
                         R"(^(?!.*\.\.)[A-Za-z][A-Za-z0-9._/-]*$)", is_sysctl_name};
const Syntax kSelinuxBoolean{"a policy boolean's name", "letters, digits and '_', no digit first",
                             R"(^[A-Za-z_][A-Za-z0-9_]*$)", is_variable_name};
const Syntax kOnOff{"on or off", "on, off, true or false", R"(^(on|off|true|false)$)", [](std::string_view text) {
                      return text == "on" || text == "off" || text == "true" || text == "false";
                    }};
const Syntax kOciReference{"an OCI reference", "registry/repository:tag, or registry/repository@digest",
                           R"(^(?=.{1,512}$)[A-Za-z0-9.:-]+/[a-z0-9][A-Za-z0-9._/:@-]*$)", is_oci_reference};
const Syntax kPlatform{"a platform", "an operating system, or one and an architecture: linux/amd64",
                       R"(^[a-z0-9_]+(/[a-z0-9_]+)?$)", is_platform};
const Syntax kAzureVersion{"an Azure Linux version", "3.0, or 3.0.20250910 for one build", R"(^\d+\.\d+(\.\d+)?$)",
                           is_azure_version};
const Syntax kAzureVariant{"an image variant", "lower-case letters and digits, joined by '-', '.' or '_'",
                           R"(^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$)", is_azure_variant};
const Syntax kPorts{
    "a port or a range of ports", "22, or 8000-8010; 1 to 65535",
    R"(^([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])(-([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5]))?$)",
    is_ports};
const Syntax kNetwork{"an address or a network", "like 10.0.0.0/8 or fd00::/8",
                      R"(^((\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*)(/\d{1,3})?$)", is_network};
const Syntax kBootstrapUrl{"a boot URL", "its protocol is nfs, http, https, ftp, torrent or tftp",
                           R"(^(nfs|http|https|ftp|torrent|tftp)://[!-~]+$)", is_bootstrap_url};
const Syntax kSha256Text{"a SHA-256 digest", "64 hexadecimal digits", R"(^[0-9A-Fa-f]{64}$)", is_sha256_text};

bool is_debian_package_spec(std::string_view text) {
  const auto equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const auto lower_or_digit = [](char c) { return is_lower(c) || is_digit(c); };
  if (name.size() < 2 || !lower_or_digit(name.front())) return false;
  if (!each(name, [&](char c) { return lower_or_digit(c) || among(c, "+.-"); })) return false;
  if (equals == std::string_view::npos) return true;
  const std::string_view version = text.substr(equals + 1);
  return !version.empty() && is_digit(version.front()) &&
         each(version, [](char c) { return is_alnum(c) || among(c, ".+~:-"); });
}

std::optional<std::int64_t> integer_from(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x")) base = 16;
  if (text.starts_with("0o")) base = 8;
  if (base != 10) text.remove_prefix(2);
  if (text.empty() || text.front() == '-' || (base == 10 && text.size() > 1 && text.front() == '0'))
    return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return negative ? -value : value;
}

std::optional<bool> boolean_from(std::string_view text) {
  for (const std::string_view word : {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"}) {
    if (text == word) return true;
  }
  for (const std::string_view word : {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"}) {
    if (text == word) return false;
  }
  return std::nullopt;
}

std::optional<ByteCount> size_from(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto unit = std::string_view("KMGT").find(text.back());
  if (unit == std::string_view::npos) return std::nullopt;
  const auto shift = static_cast<unsigned>(10 * (unit + 1));
  std::uint64_t number = 0;
  const char* const digits_end = text.data() + text.size() - 1;
  const auto [end, error] = std::from_chars(text.data(), digits_end, number);
  if (error != std::errc{} || end != digits_end || number == 0) return std::nullopt;
  if (number > (static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) >> shift)) return std::nullopt;
  return ByteCount{number << shift};
}

std::optional<std::uint32_t> permissions_from(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (error != std::errc{} || end != text.data() + text.size() || value > 0777) return std::nullopt;
  return value;
}

}  // namespace keelson::recipe
