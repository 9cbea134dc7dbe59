#include "machine/accelerator.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>

#include "base/error.h"
#include "base/text.h"
#include "machine/child.h"
#include "machine/sections.h"

namespace keelson::machine {

namespace {

constexpr std::size_t kMaxSaid = 16384;
constexpr std::string_view kFirmwareWord = "SeaBIOS";

std::string first_line(std::string_view text) {
  const auto line = trim(text.substr(0, text.find('\n')));
  return harmless_text(line.substr(0, 160));
}

std::vector<std::string> probe_command(const std::string& qemu) {
  return {qemu,       "-accel",
          "kvm",      "-machine",
          "q35",      "-cpu",
          "host",     "-smp",
          "1",        "-m",
          "64",       "-nodefaults",
          "-display", "none",
          "-chardev", "stdio,id=debug,signal=off",
          "-device",  "isa-debugcon,iobase=0x402,chardev=debug"};
}

// What the child said until `word` came, it ended, or time was up.
std::string listen(int fd, std::string_view word, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  std::string said;
  while (said.size() < kMaxSaid && said.find(word) == std::string::npos) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd polled{fd, POLLIN, 0};
    if (left <= 0 || ::poll(&polled, 1, static_cast<int>(left)) == 0) break;
    std::array<char, 4096> buffer{};
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    said.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return said;
}

}  // namespace

std::string accelerator_name(Accelerator accelerator) { return accelerator == Accelerator::Kvm ? "kvm" : "tcg"; }

AcceleratorProbe probe_accelerator(const std::string& qemu, const std::string& architecture,
                                   std::chrono::milliseconds limit) {
#if defined(__x86_64__)
  constexpr std::string_view host = "amd64";
#elif defined(__aarch64__)
  constexpr std::string_view host = "arm64";
#else
  constexpr std::string_view host = "";
#endif
  if (architecture != host) return {Accelerator::Emulation, "the machine's processor is not the host's"};
  // There is no debug port, and no firmware as small, on arm64: emulation is always right, KVM only faster.
  if (architecture != "amd64") return {Accelerator::Emulation, "KVM is probed on amd64 only"};
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error("create", "pipe", errno);
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  Child child(
      {.arguments = probe_command(qemu), .standard_output = write_end.get(), .standard_error = write_end.get()});
  write_end.reset();
  const std::string said = listen(read_end.get(), kFirmwareWord, limit);
  child.stop(std::chrono::milliseconds(500));
  if (said.find(kFirmwareWord) != std::string::npos) return {Accelerator::Kvm, {}};
  return {Accelerator::Emulation, said.empty() ? "a machine under KVM stayed silent" : first_line(said)};
}

}  // namespace keelson::machine
