#include "sys/sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"
#include "sys/namespaces.h"
#include "sys/open_watcher.h"
#include "sys/program_interpreter.h"
#include "sys/sandbox_filter.h"
#include "sys/spawn.h"

namespace keelson {

namespace {

using Clock = std::chrono::steady_clock;

// Everything the child needs, prepared before fork.
struct Plan {
  const SandboxOptions& options;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  int input = -1;
  int output = -1;
  int mapped = -1;                                      // readable once the parent has written our id maps
  int listener = -1;                                    // socket for the listener of a watched program; -1: not watched
  int entered = -1;                                     // we write one byte once we are in our namespaces
  std::vector<std::pair<UniqueFd, std::string>> binds;  // detached mounts, and where inside they go
};

// A detached, read-only copy of a mount, made before the child's namespaces exist: in these, a folder that holds other
// mounts could only be bound together with them, and the tree that we work in may be one of them.
UniqueFd detached_mount(const std::filesystem::path& source) {
  UniqueFd fd(::open_tree(AT_FDCWD, source.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  // Where our own namespace got the mounts below it locked together, they come along.
  if (!fd && errno == EINVAL)
    fd = UniqueFd(::open_tree(AT_FDCWD, source.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
  if (!fd) throw system_error("show the sandbox", source.native(), errno);
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID;
  if (::mount_setattr(fd.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) != 0)
    throw system_error("show the sandbox", source.native(), errno);
  return fd;
}

// Before exec the child speaks through its output only: what went wrong in setting up.
[[noreturn]] void give_up(const Plan& plan, const char* what) {
  const std::string text = fmt::format("keelson sandbox: cannot {}: {}\n", what, std::strerror(errno));
  [[maybe_unused]] const ssize_t ignored = ::write(plan.output, text.data(), text.size());
  ::_exit(125);
}

void must(const Plan& plan, bool good, const char* what) {
  if (!good) give_up(plan, what);
}

void make_device(const Plan& plan, const char* name) {
  // mknod is not allowed in a user namespace: the host's own harmless nodes are bound instead.
  const std::string inside = fmt::format("dev/{}", name);
  const std::string outside = fmt::format("/dev/{}", name);
  const int fd = ::open(inside.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
  must(plan, fd >= 0, "create a device node");
  ::close(fd);
  must(plan, ::mount(outside.c_str(), inside.c_str(), nullptr, MS_BIND, nullptr) == 0, "bind a device node");
}

void set_up_root(const Plan& plan) {
  const SandboxOptions& options = plan.options;
  must(plan, ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "make mounts private");
  must(plan, ::mount(options.root.c_str(), options.root.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0,
       "bind the root");
  must(plan, ::chdir(options.root.c_str()) == 0, "enter the root");
  for (const char* folder : {"proc", "dev", "sys", "run", "tmp"}) ::mkdir(folder, 0755);
  must(plan, ::mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0, "mount /proc");
  must(plan, ::mount("dev", "dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755,size=4m") == 0, "mount /dev");
  must(plan, ::mount("run", "run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64m") == 0, "mount /run");
  must(plan, ::mount("tmp", "tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size=1g") == 0, "mount /tmp");
  for (const char* name : {"null", "zero", "full", "random", "urandom"}) make_device(plan, name);
  ::mkdir("dev/shm", 01777);
  ::mkdir("run/lock", 01777);
  must(plan,
       ::symlink("/proc/self/fd", "dev/fd") == 0 && ::symlink("/proc/self/fd/0", "dev/stdin") == 0 &&
           ::symlink("/proc/self/fd/1", "dev/stdout") == 0 && ::symlink("/proc/self/fd/2", "dev/stderr") == 0,
       "link /dev/fd");
  for (const auto& [mount, target] : plan.binds) {
    const std::string inside = target.starts_with('/') ? target.substr(1) : target;
    // Without MOVE_MOUNT_T_SYMLINKS: a symlink of the image in the last place is not followed.
    must(plan, ::move_mount(mount.get(), "", AT_FDCWD, inside.c_str(), MOVE_MOUNT_F_EMPTY_PATH) == 0, "bind a file");
  }
  must(plan, ::syscall(SYS_pivot_root, ".", ".") == 0, "change the root");
  must(plan, ::umount2(".", MNT_DETACH) == 0, "leave the old root");
  must(plan, ::chdir("/") == 0, "enter the new root");
}

void drop_privileges(const Plan& plan) {
  // What dpkg and the scripts need is ownership and files; what would reach the kernel goes.
  for (const int capability :
       {CAP_SYS_ADMIN, CAP_MKNOD, CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_BOOT, CAP_SYS_TIME, CAP_SYS_PTRACE,
        CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYSLOG, CAP_SYS_RESOURCE, CAP_AUDIT_CONTROL, CAP_BPF, CAP_PERFMON}) {
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  must(plan, ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "forbid new privileges");
  rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  int listener = -1;
  const int filtered = install_sandbox_filter(plan.listener >= 0 ? &listener : nullptr);
  errno = -filtered;
  must(plan, filtered == 0, "install the system-call filter");
  if (plan.listener < 0) return;
  must(plan, send_listener(plan.listener, listener), "have its files brought into being");
  ::close(listener);
}

// Process 1 of the sandbox: starts the program, buries orphans, and ends with the program's own exit code; the
// kernel then kills whatever is left.
[[noreturn]] void be_init(const Plan& plan) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  set_up_root(plan);
  must(plan, ::sethostname("keelson", 7) == 0, "set the host name");
  const pid_t program = ::fork();
  must(plan, program >= 0, "start the program");
  if (program == 0) {
    ::setsid();
    ::dup2(plan.input, 0);
    ::dup2(plan.output, 1);
    ::dup2(plan.output, 2);
    ::umask(022);
    drop_privileges(plan);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::execve(plan.arguments[0], plan.arguments.data(), plan.environment.data());
    give_up(plan, "run the program");
  }
  ::close(plan.input);
  if (plan.listener >= 0) ::close(plan.listener);
  for (;;) {
    int status = 0;
    const pid_t ended = ::wait(&status);
    if (ended == program) ::_exit(exit_code_of(status));
    if (ended < 0 && errno != EINTR) ::_exit(125);
  }
}

// Waits for process 1 of the sandbox to end, and so for all others there: the kernel lets it end last. SIGTERM, which
// is blocked, asks to end them at once.
[[noreturn]] void guard(pid_t init, const sigset_t& awaited) {
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(init, &status, WNOHANG);
    if (ended == init) ::_exit(exit_code_of(status));
    if (ended < 0 && errno != EINTR) ::_exit(125);
    if (::sigwaitinfo(&awaited, nullptr) == SIGTERM) ::kill(init, SIGKILL);
  }
}

// The first child: enters the namespaces, waits for its id maps, then forks process 1 of the new pid namespace.
[[noreturn]] void enter(const Plan& plan, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(125);
  constexpr int kNamespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
  const int network = plan.options.host_network ? 0 : CLONE_NEWNET;
  must(plan, ::unshare(kNamespaces | network) == 0, "create namespaces");
  char byte = 'e';
  must(plan, ::write(plan.entered, &byte, 1) == 1, "tell the parent");
  must(plan, ::read(plan.mapped, &byte, 1) == 1, "wait for the id maps");
  must(plan, ::setresgid(0, 0, 0) == 0 && ::setgroups(0, nullptr) == 0 && ::setresuid(0, 0, 0) == 0,
       "become root of the namespace");
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // changing ids cleared it
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGCHLD);
  sigaddset(&awaited, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &awaited, nullptr);  // the program gets its own mask
  const pid_t init = ::fork();
  must(plan, init >= 0, "start process 1");
  if (init == 0) be_init(plan);
  ::close(plan.output);
  if (plan.listener >= 0) ::close(plan.listener);
  guard(init, awaited);
}

struct SocketPair {
  SocketPair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
      throw system_error("create", "socket", errno);
    ours.reset(ends[0]);
    theirs.reset(ends[1]);
  }
  UniqueFd ours;
  UniqueFd theirs;
};

void bring_into_being(const RootDir& root, std::string path, bool executes) {
  constexpr int kMostInterpreters = 6;  // the kernel follows five
  if (!executes) return root.provide(path);
  for (int i = 0; i < kMostInterpreters && !path.empty(); ++i) {
    const auto program = root.find(path, O_RDONLY | O_NONBLOCK);
    path = program ? interpreter_of(program->get()) : "";
  }
}

void write_maps(pid_t child) {
  const std::string uids = own_id_map("/proc/self/uid_map");
  const std::string gids = own_id_map("/proc/self/gid_map");
  write_file(fmt::format("/proc/{}/uid_map", child), uids);
  write_file(fmt::format("/proc/{}/gid_map", child), gids);
}

// Collects output until the sandbox closes it. Returns false when time ran out.
bool collect(int fd, const SandboxOptions& options, std::string& output) {
  const auto deadline = options.timeout ? Clock::now() + *options.timeout : Clock::time_point::max();
  std::array<char, 65536> buffer{};
  for (;;) {
    int wait_ms = -1;
    if (options.timeout) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (left <= 0) return false;
      wait_ms = static_cast<int>(std::min<long long>(left, 1 << 30));
    }
    pollfd polled{fd, POLLIN, 0};
    const int ready = ::poll(&polled, 1, wait_ms);
    if (ready <= 0) continue;
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return true;
    const std::size_t room = options.output_limit - std::min(options.output_limit, output.size());
    output.append(buffer.data(), std::min(room, static_cast<std::size_t>(n)));
  }
}

SandboxResult wait_for(pid_t child, int output, const SandboxOptions& options) {
  SandboxResult result;
  result.timed_out = !collect(output, options, result.output);
  if (result.timed_out) ::kill(child, SIGTERM);  // see guard(): it ends when all of the sandbox has ended
  int status = 0;
  rusage usage{};
  while (::wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  result.exit_code = exit_code_of(status);
  result.cpu_seconds = cpu_seconds(usage);
  return result;
}

bool needs_watching(const SandboxOptions& options) {
  const LazyFiles* lazy = options.lazy_root != nullptr ? options.lazy_root->lazy_files() : nullptr;
  return lazy != nullptr && !lazy->is_whole();
}

// Both ends of everything between us and the sandbox; each side keeps its own.
struct Channels {
  explicit Channels(const SandboxOptions& options) {
    if (needs_watching(options)) watching.emplace();
  }
  void keep_childs() {
    input.write.reset();
    mapped.write.reset();
    entered.read.reset();
    if (watching) watching->ours.reset();
  }
  void keep_parents() {
    input.read.reset();
    output.write.reset();
    mapped.read.reset();
    entered.write.reset();
    if (watching) watching->theirs.reset();
  }

  Pipe input;
  Pipe output;
  Pipe mapped;
  Pipe entered;
  std::optional<SocketPair> watching;
};

void let_it_start(const Channels& channels, pid_t child, const SandboxOptions& options) {
  char byte = 0;
  if (::read(channels.entered.read.get(), &byte, 1) == 1) {
    write_maps(child);
    if (::write(channels.mapped.write.get(), "m", 1) != 1) throw system_error("start", "sandbox", errno);
  }
  // Scripts read little; what fits into the pipe's buffer (64 KiB) never blocks us.
  if (options.standard_input.empty()) return;
  write_all(channels.input.write.get(),
            as_bytes(options.standard_input).first(std::min<std::size_t>(options.standard_input.size(), 65536)),
            "sandbox");
}

// What went wrong before the program ran is no answer of the program.
void check_that_it_ran(const SandboxResult& result, const SandboxOptions& options) {
  if (result.exit_code != 125 || result.output.find("keelson sandbox: cannot") == std::string::npos) return;
  constexpr std::string_view kNoProgram = "cannot run the program: ";
  if (const auto at = result.output.find(kNoProgram); at != std::string::npos) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot run '{}' in the image: {}", options.arguments.at(0),
                                                 trim(std::string_view(result.output).substr(at + kNoProgram.size()))));
  }
  throw Error(ErrorKind::Refused, fmt::format("cannot set up 'sandbox': {}", result.output),
              "user namespaces must be allowed on this machine");
}

}  // namespace

SandboxResult run_in_sandbox(const SandboxOptions& options) {
  Channels channels(options);
  Plan plan{.options = options,
            .arguments = exec_words(options.arguments),
            .environment = exec_words(options.environment),
            .input = channels.input.read.get(),
            .output = channels.output.write.get(),
            .mapped = channels.mapped.read.get(),
            .listener = channels.watching ? channels.watching->theirs.get() : -1,
            .entered = channels.entered.write.get(),
            .binds = {}};
  for (const auto& [source, target] : options.read_only_binds) plan.binds.emplace_back(detached_mount(source), target);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw system_error("run", "sandbox", errno);
  if (child == 0) {
    channels.keep_childs();
    enter(plan, parent);
  }
  channels.keep_parents();
  let_it_start(channels, child, options);
  channels.input.write.reset();
  std::optional<OpenWatcher> watcher;
  if (channels.watching) {
    watcher.emplace(std::move(channels.watching->ours), [&](const std::string& path, bool executes) {
      bring_into_being(*options.lazy_root, path, executes);
    });
  }
  const SandboxResult result = wait_for(child, channels.output.read.get(), options);
  if (watcher) watcher->finish();
  check_that_it_ran(result, options);
  return result;
}

}  // namespace keelson
