#include "sys/open_watcher.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <optional>

namespace keelson {

namespace {

// The kernel's own sizes may be larger than our header's.
constexpr std::size_t kMessageSize = 4096;

constexpr std::array kCalls{SCMP_SYS(open),   SCMP_SYS(openat),   SCMP_SYS(openat2),  SCMP_SYS(creat),
                            SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(truncate), -1};

std::string link_of(pid_t process, const std::string& name) {
  std::array<char, PATH_MAX> target{};
  const ssize_t n = ::readlink(fmt::format("/proc/{}/{}", process, name).c_str(), target.data(), target.size());
  return n <= 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(n));
}

// A path in another process's memory; page by page, as the next may not be there.
std::optional<std::string> read_path(pid_t process, std::uint64_t address) {
  constexpr std::uint64_t kPage = 4096;
  std::string path;
  while (path.size() < PATH_MAX) {
    std::array<char, kPage> piece;
    iovec local{piece.data(), kPage - address % kPage};
    iovec remote{reinterpret_cast<void*>(address), local.iov_len};
    const ssize_t n = ::process_vm_readv(process, &local, 1, &remote, 1, 0);
    if (n <= 0) return std::nullopt;
    const auto* end = static_cast<const char*>(std::memchr(piece.data(), 0, static_cast<std::size_t>(n)));
    path.append(piece.data(),
                end != nullptr ? static_cast<std::size_t>(end - piece.data()) : static_cast<std::size_t>(n));
    if (end != nullptr) return path;
    address += static_cast<std::uint64_t>(n);
  }
  return std::nullopt;
}

struct Call {
  int folder = AT_FDCWD;
  std::uint64_t path = 0;
  bool executes = false;
};

Call call_of(const seccomp_data& data) {
  const bool executes = data.nr == SYS_execve || data.nr == SYS_execveat;
  const bool has_folder = data.nr == SYS_openat || data.nr == SYS_openat2 || data.nr == SYS_execveat;
  if (!has_folder) return {.path = data.args[0], .executes = executes};
  return {.folder = static_cast<int>(data.args[0]), .path = data.args[1], .executes = executes};
}

// As seen from the sandbox's root. "" where it can't be told: then there is nothing to be said of it.
std::string absolute_path(pid_t process, const Call& call) {
  const auto path = read_path(process, call.path);
  if (!path || path->empty()) return "";
  const bool from_root = path->starts_with('/');
  const std::string base = from_root                 ? link_of(process, "root")
                           : call.folder == AT_FDCWD ? link_of(process, "cwd")
                                                     : link_of(process, fmt::format("fd/{}", call.folder));
  if (base.empty()) return "";
  return base + "/" + *path;
}

std::optional<UniqueFd> receive_listener(int socket) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t n = 0;
  do {
    n = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (n < 0 && errno == EINTR);
  const cmsghdr* header = n > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return std::nullopt;
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return UniqueFd(fd);
}

// True when there is something to read from `fd`; false when it ended or we are to stop.
bool wait_for(int fd, int stop) {
  for (;;) {
    std::array<pollfd, 2> polled{{{fd, POLLIN, 0}, {stop, POLLIN, 0}}};
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno == EINTR) continue;
    if (polled[1].revents != 0) return false;
    return (polled[0].revents & POLLIN) != 0;
  }
}

[[noreturn]] void try_filter() {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  const bool good = filter != nullptr && seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 1) == 0 &&
                    seccomp_rule_add(filter, SCMP_ACT_NOTIFY, SCMP_SYS(truncate), 0) == 0 &&
                    seccomp_load(filter) == 0 && seccomp_notify_fd(filter) >= 0;
  ::_exit(good ? 0 : 1);
}

}  // namespace

bool can_watch_opens() {
  const pid_t child = ::fork();
  if (child == 0) try_filter();
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

const int* watched_calls() { return kCalls.data(); }

bool send_listener(int socket, int listener) {
  char byte = 'l';
  iovec data{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &listener, sizeof listener);
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) == 1;
}

OpenWatcher::OpenWatcher(UniqueFd socket, BeforeOpen before_open)
    : socket_(std::move(socket)), before_open_(std::move(before_open)), thread_([this] { run(); }) {}

OpenWatcher::~OpenWatcher() { stop(); }

void OpenWatcher::stop() {
  stop_.write.reset();
  if (thread_.joinable()) thread_.join();
}

void OpenWatcher::finish() {
  stop();
  if (error_) std::rethrow_exception(error_);
}

void OpenWatcher::run() {
  if (!wait_for(socket_.get(), stop_.read.get())) return;
  if (const auto listener = receive_listener(socket_.get())) serve(listener->get());
}

void OpenWatcher::serve(int listener) {
  while (wait_for(listener, stop_.read.get()) && answer(listener)) {
  }
}

bool OpenWatcher::answer(int listener) {
  alignas(seccomp_notif) std::array<char, kMessageSize> request_bytes{};
  alignas(seccomp_notif_resp) std::array<char, kMessageSize> response_bytes{};
  auto* request = reinterpret_cast<seccomp_notif*>(request_bytes.data());
  auto* response = reinterpret_cast<seccomp_notif_resp*>(response_bytes.data());
  if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, request) != 0) return errno == EINTR || errno == ENOENT;
  response->id = request->id;
  response->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  try {
    if (!error_) {
      const Call call = call_of(request->data);
      const std::string path = absolute_path(static_cast<pid_t>(request->pid), call);
      if (!path.empty()) before_open_(path, call.executes);
    }
  } catch (...) {
    error_ = std::current_exception();
  }
  if (error_) {
    response->flags = 0;
    response->error = -EIO;
  }
  // ENOENT: the program died, or a signal took it out of the call.
  return ::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, response) == 0 || errno == ENOENT || errno == EINTR;
}

}  // namespace keelson
