#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "cli/report_files.h"
#include "factory/probe.h"
#include "hardening/report.h"
#include "machine/boot.h"
#include "machine/disk.h"
#include "policy/judge.h"
#include "policy/policy.h"
#include "policy/report.h"

namespace keelson::cli {

namespace {

struct Arguments {
  std::string image;
  std::string policy;
  ReportFiles reports;
  std::string container;
  std::string console;
  std::string firmware = "uefi";
  std::string accelerator = "auto";
  std::string timeout = "300";
  std::string memory = "2048";
  std::string processors = "2";
  std::string disk = "nvme";
  std::string secure_boot;
  std::vector<std::string> kernel_arguments;
  bool facts = false;
  bool shell = false;
  bool no_container = false;
  bool persistent = false;
  bool tpm = false;
};

unsigned number(const std::string& text, std::string_view option, unsigned least, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    throw Error(ErrorKind::Usage,
                fmt::format("cannot use {} '{}': it takes a whole number from {} to {}", option, text, least, most));
  }
  return value;
}

machine::BootRequest request_from(const Arguments& arguments, const Context& context) {
  machine::BootRequest request{.image = arguments.image};
  if (arguments.firmware == "bios") request.firmware = machine::Firmware::Bios;
  if (arguments.firmware == "direct") request.firmware = machine::Firmware::Direct;
  request.timeout = std::chrono::seconds(number(arguments.timeout, "--timeout", 1, 86400));
  request.memory = mebibytes(number(arguments.memory, "--memory", 128, 1u << 20));
  request.processors = number(arguments.processors, "--cpus", 1, 64);
  request.kernel_arguments = arguments.kernel_arguments;
  request.persistent = arguments.persistent;
  request.disk_bus = machine::require_disk_bus(arguments.disk);
  request.console_file = arguments.console;
  request.tpm = arguments.tpm;
  request.secure_boot_keys = arguments.secure_boot;
  if (arguments.accelerator == "kvm") request.accelerator = machine::AcceleratorChoice::Kvm;
  if (arguments.accelerator == "emulation") request.accelerator = machine::AcceleratorChoice::Emulation;
  request.collect_facts = arguments.facts || !arguments.policy.empty();
  machine::read_disk_image(arguments.image);  // before a container is fetched for an image that is not there
  if (request.collect_facts && !arguments.no_container) {
    request.oci_archive = arguments.container.empty()
                              ? factory::probe_archive(context.cache_folder, current_time(), *context.reporter)
                              : std::filesystem::path(arguments.container);
  }
  return request;
}

int report(const machine::BootResult& result, const Arguments& arguments, const Context& context) {
  if (arguments.policy.empty()) {
    if (arguments.facts) {
      print_json(result.facts);
    } else if (context.json) {
      print_json({{"booted", true}, {"seconds", result.seconds_to_facts}});
    } else {
      print_text(fmt::format("booted to the login prompt in {:.1f} s\n", result.seconds_to_facts));
    }
    return 0;
  }
  const policy::Report verdicts =
      policy::judge(policy::read_policy(arguments.policy), result.facts, {.now = current_time()});
  write_report_files(arguments.reports, verdicts, arguments.image);
  if (context.json) {
    print_json(
        {{"report", policy::report_json(verdicts)}, {"facts", result.facts}, {"seconds", result.seconds_to_facts}});
  } else {
    print_text(policy::render_report(verdicts, context.colour) + hardening::summary_line(result.facts));
    for (const auto& line : hardening::failing_lines(result.facts)) context.reporter->detail(line);
  }
  return verdicts.passed() ? 0 : 1;
}

int run(const Arguments& arguments, const Context& context) {
  check_report_files(arguments.reports, !arguments.policy.empty());
  if (!arguments.policy.empty()) {
    require_file(arguments.policy, kAPolicy);
    policy::read_policy(arguments.policy);  // a typo is worth knowing before a minute's boot
  }
  const auto request = request_from(arguments, context);
  if (arguments.shell) return machine::run_shell(request, *context.reporter);
  const auto result = machine::boot(request, *context.reporter);
  return report(result, arguments, context);
}

}  // namespace

Command boot_command() {
  const auto arguments = std::make_shared<Arguments>();
  Command command{
      .name = "boot",
      .summary = "run an image in QEMU, and check it from inside",
      .description =
          "Boots a raw, qcow2, VHD or VHDX image. Nothing is written to it. With --check the system is asked from "
          "inside what it "
          "is (kernel, services, ports, a container that really runs …) and each fact is judged by the policy: "
          "exit code 1 when "
          "one fails. KVM is used where it works, software emulation otherwise.",
      .example = "keelson boot out/container-host.raw --check policies/container-host.yaml",
      .arguments = {{"IMAGE", "the disk image", &arguments->image}},
      .options = {{"--check", "POLICY", "collect facts and judge them by this policy", &arguments->policy},
                  {"--facts", "", "print the facts as JSON", &arguments->facts},
                  {"--shell", "", "a root shell on the serial console (Ctrl-A X ends it)", &arguments->shell},
                  {"--console", "FILE", "keep what the machine wrote on its console", &arguments->console},
                  {"--timeout", "SECONDS", "give up after so long, and say where the boot stood [300]",
                   &arguments->timeout},
                  {"--firmware",
                   "KIND",
                   "uefi or bios: the image's own boot chain; direct: its kernel without firmware [uefi]",
                   &arguments->firmware,
                   {"uefi", "bios", "direct"}},
                  {"--secure-boot", "DIR",
                   "enforce Secure Boot with these keys enrolled (a folder that 'keelson keys new' made)",
                   &arguments->secure_boot},
                  {"--tpm", "", "give the machine a TPM 2.0, new and empty (swtpm)", &arguments->tpm},
                  {"--accelerator",
                   "KIND",
                   "auto, kvm or emulation [auto]",
                   &arguments->accelerator,
                   {"auto", "kvm", "emulation"}},
                  {"--memory", "MIB", "memory of the machine [2048]", &arguments->memory},
                  {"--cpus", "COUNT", "processors of the machine [2]", &arguments->processors},
                  {"--disk", "BUS", "nvme, virtio-blk, virtio-scsi or ahci [nvme]", &arguments->disk},
                  {"--kernel-arg", "ARGUMENT", "add to the kernel's command line; may be given several times",
                   &arguments->kernel_arguments},
                  {"--container", "FILE", "the OCI archive to run inside [busybox, made by keelson]",
                   &arguments->container},
                  {"--no-container", "", "run no container", &arguments->no_container},
                  {"--persistent", "", "let the machine write to the image", &arguments->persistent}},
      .run = [arguments](const Context& context) { return run(*arguments, context); }};
  for (auto& option : report_options(arguments->reports)) command.options.push_back(std::move(option));
  return command;
}

}  // namespace keelson::cli
