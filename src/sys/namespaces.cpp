#include "sys/namespaces.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"
#include "sys/process.h"

namespace keelson {

namespace {

constexpr auto kNamespaceHint =
    "run as root, or as a user with entries in /etc/subuid and /etc/subgid and the package 'uidmap' installed; in a "
    "container, user namespaces must be allowed";
constexpr std::uint32_t kIdsNeeded = 65536;  // Debian's accounts go up to 65534 (nobody)

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string user_name(uid_t uid) {
  const passwd* entry = ::getpwuid(uid);
  return entry == nullptr ? std::to_string(uid) : entry->pw_name;
}

std::vector<IdRange> subordinate_ids(const std::filesystem::path& file, std::uint32_t own) {
  std::vector<IdRange> ranges;
  if (std::filesystem::exists(file)) ranges = parse_subordinate_ids(read_file(file, mebibytes(1)), user_name(own), own);
  std::vector<IdRange> map{{0, own, 1}};
  std::uint32_t next = 1;
  for (const auto& range : ranges) {
    map.push_back({next, range.outside, range.count});
    next += range.count;
  }
  if (next < kIdsNeeded) {
    throw Error(ErrorKind::Refused,
                fmt::format("cannot use user ids for '{}': {} grants it fewer than {}", user_name(own), file.native(),
                            kIdsNeeded - 1),
                kNamespaceHint);
  }
  return map;
}

std::vector<std::string> map_command(const char* program, pid_t target, const std::vector<IdRange>& map) {
  std::vector<std::string> words{program, std::to_string(target)};
  for (const auto& range : map) {
    for (const auto value : {range.inside, range.outside, range.count}) words.push_back(std::to_string(value));
  }
  return words;
}

// newuidmap must run outside the new namespace, so a child waits until we have entered it and then maps us.
void enter_user_namespace() {
  const auto uids = subordinate_ids("/etc/subuid", ::getuid());
  const auto gids = subordinate_ids("/etc/subgid", ::getgid());
  const auto uid_command = map_command("newuidmap", ::getpid(), uids);
  const auto gid_command = map_command("newgidmap", ::getpid(), gids);
  std::array<int, 2> ready{};
  if (::pipe(ready.data()) != 0) throw system_error("create", "pipe", errno);
  const pid_t child = ::fork();
  if (child < 0) throw system_error("run", "newuidmap", errno);
  if (child == 0) {
    ::close(ready[1]);
    char byte = 0;
    if (::read(ready[0], &byte, 1) != 1) ::_exit(1);
    try {
      ::_exit(run_process({.arguments = uid_command}).exit_code == 0 &&
                      run_process({.arguments = gid_command}).exit_code == 0
                  ? 0
                  : 1);
    } catch (...) {
      ::_exit(1);
    }
  }
  ::close(ready[0]);
  const bool entered = ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
  const int why = errno;
  if (entered && ::write(ready[1], "x", 1) != 1) throw system_error("write", "pipe", errno);
  ::close(ready[1]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!entered) {
    throw Error(ErrorKind::Refused, fmt::format("cannot create 'user namespace': {}", describe_errno(why)),
                kNamespaceHint);
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw Error(ErrorKind::Refused, "cannot map 'subordinate ids': newuidmap or newgidmap refused", kNamespaceHint);
  }
  if (::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0)
    throw system_error("become", "uid 0 of the namespace", errno);
}

}  // namespace

std::vector<IdRange> parse_subordinate_ids(std::string_view text, std::string_view name, std::uint32_t id) {
  std::vector<IdRange> ranges;
  for (const auto line : split(text, '\n')) {
    const auto fields = split(trim(line), ':');
    if (fields.size() != 3 || (fields[0] != name && fields[0] != std::to_string(id))) continue;
    const auto first = number(fields[1]);
    const auto count = number(fields[2]);
    if (first && count && *count > 0 && *first <= UINT32_MAX - *count) ranges.push_back({0, *first, *count});
  }
  return ranges;
}

void check_private_namespaces() {
  if (::geteuid() == 0) return;
  subordinate_ids("/etc/subuid", ::getuid());
  subordinate_ids("/etc/subgid", ::getgid());
  for (const char* program : {"newuidmap", "newgidmap"}) {
    if (find_program(program)) continue;
    throw Error(ErrorKind::Refused, fmt::format("cannot map 'subordinate ids': {} is not installed", program),
                kNamespaceHint);
  }
}

void enter_private_namespaces() {
  int parent_death_signal = 0;
  ::prctl(PR_GET_PDEATHSIG, &parent_death_signal);
  if (::geteuid() != 0) {
    enter_user_namespace();
  } else if (::unshare(CLONE_NEWNS) != 0) {
    throw Error(ErrorKind::Refused, fmt::format("cannot create 'mount namespace': {}", describe_errno(errno)),
                kNamespaceHint);
  }
  // A change of ids clears it.
  if (parent_death_signal != 0) ::prctl(PR_SET_PDEATHSIG, parent_death_signal);
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) throw system_error("make private", "/", errno);
}

void mount_workspace(const std::filesystem::path& folder, ByteCount limit) {
  const std::string options = fmt::format("mode=0755,size={}", limit.value);
  if (::mount("keelson", folder.c_str(), "tmpfs", MS_NODEV, options.c_str()) != 0) {
    throw system_error("mount a workspace on", folder.native(), errno);
  }
}

void unmount_workspace(const std::filesystem::path& folder) noexcept { ::umount2(folder.c_str(), MNT_DETACH); }

std::string own_id_map(std::string_view map_file) {
  std::string map;
  const std::string text = read_file(std::filesystem::path(map_file), mebibytes(1));
  for (const auto line : split(text, '\n')) {
    const auto fields = split_words(line);
    if (fields.size() == 3) map += fmt::format("{0} {0} {1}\n", fields[0], fields[2]);
  }
  return map;
}

ByteCount available_memory() {
  const std::string text = read_file("/proc/meminfo", mebibytes(1));
  for (const auto line : split(text, '\n')) {
    const auto words = split_words(line);
    if (words.size() >= 2 && words[0] == "MemAvailable:") {
      if (const auto kib = number(words[1])) return kibibytes(*kib);
    }
  }
  return {};
}

}  // namespace keelson
