#include "packages/deb/resolve/apt_oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "crypto/hash.h"
#include "sys/file.h"
#include "sys/process.h"

namespace keelson::deb::testing {

namespace {

constexpr std::string_view kSuite = "trixie";
constexpr std::string_view kKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

struct Mirrors {
  std::string main;
  std::string security;
};

// The archives that the host's apt uses: the one whose suite's name ends in "-security", and the first other one.
Mirrors host_mirrors() {
  Mirrors mirrors;
  const auto listed =
      run_process({.arguments = {"apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(CREATED_BY)"}});
  for (const auto line : split(listed.output, '\n')) {
    const auto words = split_words(line);
    if (words.size() != 3 || words[2] != "Packages") continue;
    std::string& slot = words[1].ends_with("-security") ? mirrors.security : mirrors.main;
    if (slot.empty()) slot = std::string(words[0]);
  }
  return mirrors;
}

std::string configuration(const std::filesystem::path& root) {
  const auto path = root.native();
  std::string text;
  const auto set = [&](std::string_view key, std::string_view value) {
    text += fmt::format("{} \"{}\";\n", key, value);
  };
  set("Dir::State", path + "/state");
  set("Dir::State::status", path + "/state/status");
  set("Dir::Cache", path + "/cache");
  // Container images turn these caches off; without them each question would cost seconds.
  set("Dir::Cache::pkgcache", "pkgcache.bin");
  set("Dir::Cache::srcpkgcache", "srcpkgcache.bin");
  set("Dir::Log", path + "/log");
  set("Dir::Etc::sourcelist", path + "/sources.list");
  set("Dir::Etc::sourceparts", "/dev/null");
  set("Dir::Etc::preferences", "/dev/null");
  set("Dir::Etc::preferencesparts", "/dev/null");
  set("APT::Architecture", "amd64");
  text += "#clear APT::Architectures;\nAPT::Architectures {\"amd64\";};\n";
  set("APT::Install-Recommends", "false");
  set("APT::Sandbox::User", "root");
  set("Acquire::GzipIndexes", "false");
  set("Acquire::Languages", "none");
  return text;
}

}  // namespace

AptOracle::AptOracle() : unavailable_(prepare()) {}

std::vector<std::string> AptOracle::command(std::vector<std::string> arguments) const {
  std::vector<std::string> all{"apt-get", "-c", (root_.path() / "apt.conf").native()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

std::string AptOracle::prepare() {
  if (!find_program("apt-get")) return "there is no apt-get";
  if (!std::filesystem::exists(kKeyring)) return "there is no Debian archive keyring";
  const Mirrors mirrors = host_mirrors();
  if (mirrors.main.empty() || mirrors.security.empty())
    return "the host's apt has no Debian mirror and security mirror";
  for (const char* folder : {"state/lists/partial", "cache/archives/partial", "log"}) {
    std::filesystem::create_directories(root_.path() / folder);
  }
  write_file(root_.path() / "state/status", "");
  write_file(root_.path() / "apt.conf", configuration(root_.path()));
  std::string sources;
  for (const auto& [uri, suffix] :
       {std::pair{mirrors.main, ""}, {mirrors.main, "-updates"}, {mirrors.security, "-security"}}) {
    sources += fmt::format("deb [signed-by={}] {} {}{} main\n", kKeyring, uri, kSuite, suffix);
  }
  write_file(root_.path() / "sources.list", sources);
  const auto update = run_process({.arguments = command({"update", "-qq", "--error-on=any"}), .merge_output = true});
  if (update.exit_code != 0) return "apt cannot fetch the indices:\n" + last_lines(update.output, 5);
  return read_indices();
}

std::string AptOracle::read_indices() {
  const auto listed = run_process(
      {.arguments = command({"indextargets", "--format", "$(FILENAME) $(REPO_URI) $(RELEASE) $(CREATED_BY)"})});
  for (const auto line : split(listed.output, '\n')) {
    const auto words = split_words(line);
    if (words.size() != 4 || words[3] != "Packages") continue;
    std::string base(words[1]);
    while (base.ends_with('/')) base.pop_back();
    indices_.push_back({.packages_text = words[0],
                        .sha256 = sha256_file(words[0]),
                        .base_url = base,
                        .suite = std::string(words[2]),
                        .component = "main"});
  }
  return indices_.size() == 3 ? "" : "apt did not list three indices";
}

AptOracle::Answer AptOracle::install(const std::vector<std::string>& names) const {
  std::vector<std::string> arguments{"-s", "--no-install-recommends", "install"};
  arguments.insert(arguments.end(), names.begin(), names.end());
  const auto result = run_process({.arguments = command(arguments), .merge_output = true});
  Answer answer{.solvable = result.exit_code == 0, .output = result.output, .cpu_seconds = result.cpu_seconds};
  for (const auto line : split(result.output, '\n')) {
    // "Inst runc (1.1.15 Debian:13/stable [amd64])"
    const auto words = split_words(line);
    if (words.size() >= 3 && words[0] == "Inst" && words[2].starts_with("(")) {
      answer.packages.push_back(fmt::format("{} {}", words[1], words[2].substr(1)));
    }
  }
  std::sort(answer.packages.begin(), answer.packages.end());
  return answer;
}

AptOracle::Answer AptOracle::simulate(const std::vector<std::string>& arguments, const std::string& status) const {
  write_file(root_.path() / "state/status", status);
  std::vector<std::string> all{"-s", "-y", "--no-install-recommends"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const auto result = run_process({.arguments = command(all), .merge_output = true});
  write_file(root_.path() / "state/status", "");
  return {
      .solvable = result.exit_code == 0, .packages = {}, .output = result.output, .cpu_seconds = result.cpu_seconds};
}

}  // namespace keelson::deb::testing
