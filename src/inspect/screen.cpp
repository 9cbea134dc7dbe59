#include "inspect/screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/units.h"
#include "inspect/fact_at.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;

constexpr std::size_t kNameColumns = 18;
constexpr std::size_t kTextColumns = 100;  // of a value, before it is cut
constexpr std::size_t kListed = 8;         // names of a list

std::size_t count(const json& facts, const char* place) {
  const json& value = fact_at(facts, place);
  return value.is_structured() ? value.size() : 0;
}

// "a, b, c and 4 more"
std::string listed(const json& list, std::size_t most = kListed) {
  std::string result;
  std::size_t shown = 0;
  for (const auto& item : list) {
    if (shown++ == most) {
      result += fmt::format(" and {} more", list.size() - most);
      break;
    }
    result += (result.empty() ? "" : ", ") + fact_words(item);
  }
  return result;
}

std::string counted(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

class Page {
 public:
  explicit Page(Colour colour)
      : bold_(colour == Colour::Yes ? "\x1b[1m" : ""),
        dim_(colour == Colour::Yes ? "\x1b[2m" : ""),
        warn_(colour == Colour::Yes ? "\x1b[33m" : ""),
        plain_(colour == Colour::Yes ? "\x1b[0m" : "") {}

  void title(const std::string& text) { page_ += fmt::format("{}{}{}\n", bold_, text, plain_); }
  void group(std::string_view name) { waiting_ = fmt::format("\n{}{}{}\n", bold_, name, plain_); }
  void line(std::string_view name, const std::string& value) { add(name, value, ""); }
  /// One that somebody should look at.
  void warning(std::string_view name, const std::string& value) { add(name, value, warn_); }
  std::string take() { return std::move(page_); }

 private:
  void add(std::string_view name, std::string value, std::string_view colour) {
    if (value.empty()) return;
    for (char& c : value)
      if (c == '\n' || c == '\t') c = ' ';
    if (value.size() > kTextColumns) {
      std::size_t cut = kTextColumns - 1;
      while (cut > 0 && (static_cast<unsigned char>(value[cut]) & 0xc0) == 0x80) --cut;  // not within a character
      value = value.substr(0, cut) + "…";
    }
    page_ += waiting_ + fmt::format("  {}{:<{}}{} {}{}{}\n", dim_, name, kNameColumns, plain_, colour, value,
                                    colour.empty() ? "" : plain_);
    waiting_.clear();
  }

  std::string page_;
  std::string waiting_;  // a group's name, until it has a line
  std::string_view bold_, dim_, warn_, plain_;
};

void put_identity(Page& page, const json& facts) {
  page.group("system");
  page.line("os", fact_text(facts, "/os/name"));
  const std::string version = fact_text(facts, "/image/version");
  page.line("image", fact_text(facts, "/image/id") + (version.empty() ? "" : " " + version));
  page.line("made by", fact_text(facts, "/image/release/toolVersion"));
  page.line("architecture", fact_text(facts, "/architecture"));
  page.line("hostname", fact_text(facts, "/system/hostname"));
  page.line("time zone", fact_text(facts, "/system/timeZone"));
  page.line("locale", fact_text(facts, "/system/locale"));
  const std::string id = fact_text(facts, "/system/machineId");
  if (id == "fixed")
    page.warning("machine id", "fixed: every machine made from this image has the same");
  else
    page.line("machine id", id == "fresh" ? "made at the first boot" : id);
}

void put_versions(Page& page, const json& facts) {
  page.group("software");
  for (const char* name : {"kernel", "systemd", "containerd", "runc", "openssl"})
    page.line(name, fact_text(facts, fmt::format("/versions/{}", name).c_str()));
  if (const json& packages = fact_at(facts, "/packages/count"); !packages.is_null())
    page.line("packages", fmt::format("{} installed", fact_words(packages)));
}

void put_disk(Page& page, const json& facts) {
  const json& disk = fact_at(facts, "/disk");
  if (disk.is_null()) return;
  page.group("disk");
  page.line("format", fmt::format("{}, {} in {}", fact_text(disk, "/format"), fact_size(fact_at(disk, "/bytes")),
                                  counted(count(disk, "/partitions"), "partition")));
  for (const auto& partition : fact_at(disk, "/partitions")) {
    page.line(fmt::format("  {}", fact_words(partition["number"])),
              fmt::format("{:<16} {:>9}  {:<8} {}", fact_text(partition, "/type"), fact_size(partition["bytes"]),
                          fact_text(partition, "/content"), fact_text(partition, "/label")));
  }
}

void put_container(Page& page, const json& facts) {
  const json& image = fact_at(facts, "/containerImage");
  if (image.is_null()) return;
  page.group("container image");
  page.line("name", fact_text(image, "/name"));
  page.line("digest", fact_text(image, "/digest"));
  page.line("format", fmt::format("{}, {}", fact_text(image, "/format"), counted(count(image, "/layers"), "layer")));
  page.line("for", fmt::format("{}/{}", fact_text(image, "/os"), fact_text(image, "/architecture")));
  page.line("user", fact_text(image, "/user"));
  page.line("entrypoint", listed(fact_at(image, "/entrypoint")));
  page.line("command", listed(fact_at(image, "/command")));
  page.line("environment", listed(fact_at(image, "/environment")));
  page.line("ports", listed(fact_at(image, "/exposedPorts")));
}

// "300 modules, 90 programs, 1200 entries; microcode, 60 MiB, zstd, 210 MiB unpacked: /boot/initrd.img-6.12"
std::string initrd_text(const json& initrd) {
  std::string packed;
  bool has_microcode = false;
  for (const auto& part : fact_at(initrd, "/parts")) {
    has_microcode = has_microcode || part.value("microcode", false);
    const std::string name = fact_text(part, "/compression");
    if (name != "none" && packed.find(name) == std::string::npos) packed += ", " + name;
  }
  const json& entries = fact_at(initrd, "/entries");
  const std::string text =
      fmt::format("{}, {}, {}; {}{}{}, {} unpacked: {}", counted(count(initrd, "/modules"), "module"),
                  counted(count(initrd, "/programs"), "program"),
                  fmt::format("{} entries", entries.is_number_unsigned() ? entries.get<std::size_t>() : 0),
                  has_microcode ? "microcode, " : "", fact_size(fact_at(initrd, "/bytes")), packed,
                  fact_size(fact_at(initrd, "/unpackedBytes")), fact_text(initrd, "/path"));
  const auto trouble = fact_text(initrd, "/trouble");
  return trouble.empty() ? text : trouble + "; " + text;
}

void put_boot(Page& page, const json& facts) {
  page.group("boot");
  for (const auto& kernel : fact_at(facts, "/kernels"))
    page.line("kernel", fact_words(kernel["release"]) + (kernel["initrd"] == true ? ", with an initrd" : ""));
  for (const auto& uki : fact_at(facts, "/ukis")) {
    std::string signer = uki["signatures"].empty() ? "not signed" : "";
    for (const auto& signature : uki["signatures"]) {
      signer += (signer.empty() ? "signed by " : ", ") + fact_words(signature["subject"]) +
                (signature["intact"] == true ? "" : " (changed since)");
    }
    page.line("unified image", fmt::format("{} ({}), {}", fact_words(uki["path"]), fact_size(uki["bytes"]), signer));
  }
  for (const auto& initrd : fact_at(facts, "/initrds")) {
    if (const auto text = initrd_text(initrd); initrd.contains("trouble"))
      page.warning("initrd", text);
    else
      page.line("initrd", text);
  }
  if (const auto entries = count(facts, "/bootEntries"))
    page.line("boot menu", entries == 1 ? "1 entry" : fmt::format("{} entries", entries));
  page.line("command line", fact_text(facts, "/kernel/commandLine"));
}

void put_units(Page& page, const json& facts) {
  page.group("units");
  page.line("boots to", fact_text(facts, "/units/default"));
  page.line("enabled", listed(fact_at(facts, "/units/enabled"), 12));
  if (count(facts, "/units/firstBoot") > 0) page.line("at first boot", listed(fact_at(facts, "/units/firstBoot")));
  page.line("masked", listed(fact_at(facts, "/units/masked")));
}

void put_access(Page& page, const json& facts) {
  page.group("access");
  json people = json::array();
  for (const auto& user : fact_at(facts, "/users"))
    if (user["id"].is_number() && (user["id"] == 0 || (user["id"] >= 1000 && user["id"] < 60000)))
      people.push_back(user["name"]);
  page.line("accounts", fmt::format("{}: {} and {} of the system", count(facts, "/users"), listed(people),
                                    count(facts, "/users") - people.size()));
  page.line("with a password", listed(fact_at(facts, "/accounts/withPassword")));
  if (count(facts, "/accounts/emptyPasswords") > 0)
    page.warning("empty passwords", listed(fact_at(facts, "/accounts/emptyPasswords")));
  for (const auto& keys : fact_at(facts, "/sshKeys"))
    page.line("ssh keys", fmt::format("{}: {}", fact_words(keys["user"]), listed(keys["fingerprints"], 1)));
  json rules = json::array();
  for (const auto& rule : fact_at(facts, "/sudo/rules"))
    if (!fact_words(rule["line"]).starts_with("Defaults")) rules.push_back(rule["line"]);
  page.line("sudo", listed(rules, 4));
  if (count(facts, "/privateKeys") > 0) page.warning("private keys", listed(fact_at(facts, "/privateKeys"), 3));
}

void put_security(Page& page, const json& facts) {
  page.group("security");
  const std::string selinux = fact_text(facts, "/security/selinux/configuredMode");
  if (!selinux.empty())
    page.line("SELinux", fmt::format("{}, policy {}", selinux, fact_text(facts, "/security/selinux/policy")));
  if (fact_at(facts, "/security/fips/configured/kernelArgument") == true)
    page.line("FIPS", "asked for by the kernel's command line");
  for (const auto& [device, fact] : fact_at(facts, "/security/verity").items())
    page.line("verity", fmt::format("{} {}", device, fact_words(fact["rootHash"])));
  page.line("cgroup", "version " + fact_text(facts, "/cgroup/configuredVersion"));
  const std::string programs = listed(fact_at(facts, "/setuid/paths"), 5);
  page.line("setuid programs", fact_text(facts, "/setuid/count") + (programs.empty() ? "" : ": " + programs));
  json capable = json::array();
  for (const auto& [path, what] : fact_at(facts, "/files/capabilities").items())
    capable.push_back(path + " " + fact_words(what));
  page.line("capabilities", listed(capable, 4));
  if (count(facts, "/files/worldWritable") > 0)
    page.warning("world-writable", listed(fact_at(facts, "/files/worldWritable"), 5));
  if (count(facts, "/files/unowned") > 0) page.warning("without an owner", listed(fact_at(facts, "/files/unowned"), 5));
  if (const json& all = fact_at(facts, "/certificates/count"); !all.is_null()) {
    page.line("certificates", fmt::format("{}, the next to expire on {}", fact_words(all),
                                          fact_text(facts, "/certificates/soonest/expires").substr(0, 10)));
    if (count(facts, "/certificates/expired") > 0)
      page.warning("expired", listed(fact_at(facts, "/certificates/expired"), 3));
  }
}

void put_space(Page& page, const json& facts) {
  page.group("space");
  std::vector<std::pair<std::uint64_t, std::string>> folders;
  for (const auto& [folder, bytes] : fact_at(facts, "/files/sizes").items())
    folders.emplace_back(bytes.get<std::uint64_t>(), folder);
  std::sort(folders.rbegin(), folders.rend());
  for (std::size_t i = 0; i < std::min<std::size_t>(folders.size(), 5); ++i)
    if (folders[i].first > 0) page.line(folders[i].second, human_size({folders[i].first}));
  page.line("files", fact_text(facts, "/files/count"));
}

}  // namespace

std::string screen(const json& facts, std::string_view target, Colour colour) {
  Page page(colour);
  page.title(std::string(target));
  put_identity(page, facts);
  put_versions(page, facts);
  put_disk(page, facts);
  put_container(page, facts);
  put_boot(page, facts);
  put_units(page, facts);
  put_access(page, facts);
  put_security(page, facts);
  put_space(page, facts);
  page.group("not read");
  for (const auto& note : fact_at(facts, "/inspection/notes")) page.warning("", fact_words(note));
  return page.take();
}

}  // namespace keelson::inspect
