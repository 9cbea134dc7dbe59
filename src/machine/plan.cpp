#include "machine/plan.h"

#include <fmt/format.h>

#include "base/error.h"
#include "formats/efi/names.h"
#include "formats/efi/signed_variable.h"
#include "formats/efi/variable_store.h"
#include "machine/image_kernel.h"
#include "sys/file.h"
#include "trust/key_set.h"

namespace keelson::machine {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kProbeLimit{3000};

Accelerator choose_accelerator(const BootRequest& request, const MachinePlan& plan, Reporter& reporter) {
  if (request.accelerator == AcceleratorChoice::Emulation) return Accelerator::Emulation;
  const auto probe = probe_accelerator(plan.program, plan.architecture, kProbeLimit);
  if (probe.accelerator == Accelerator::Kvm) return Accelerator::Kvm;
  if (request.accelerator == AcceleratorChoice::Kvm) {
    throw Error(ErrorKind::Unavailable, fmt::format("cannot use 'KVM': {}", probe.reason),
                "leave the accelerator to Keelson: emulation works everywhere");
  }
  reporter.detail(fmt::format("KVM does not work here ({}); using software emulation", probe.reason));
  return Accelerator::Emulation;
}

// BIOS is of PCs, and nothing hands a loader that it starts any words for the kernel.
void require_bios_makes_sense(const BootRequest& request, const std::string& architecture) {
  if (architecture != "amd64") {
    throw Error(ErrorKind::Usage, fmt::format("cannot boot '{}' by BIOS: machines for {} have UEFI",
                                              request.image.native(), architecture));
  }
  if (request.kernel_arguments.empty()) return;
  throw Error(ErrorKind::Usage,
              fmt::format("cannot add '{}' to the kernel's command line: a boot loader under BIOS takes no more words",
                          request.kernel_arguments.front()),
              "put it into the image: os.kernelCommandLine.extraCommandLine of a recipe for 'keelson customize'");
}

// systemd-firstboot would ask on the console and wait for ever; few kernel messages, for a serial port is slow.
std::vector<std::string> arguments_for(const BootRequest& request, const std::string& architecture) {
  std::vector<std::string> arguments{fmt::format("console={}", serial_console(architecture)), "systemd.firstboot=off",
                                     "systemd.show_status=yes", "loglevel=5"};
  arguments.insert(arguments.end(), request.kernel_arguments.begin(), request.kernel_arguments.end());
  return arguments;
}

Uuid vendor(std::string_view text) { return parse_uuid(text); }

// The firmware's empty variables with the keys enrolled: the machine starts as one whose owner has set it up.
std::string enrolled(const fs::path& variables_file, const fs::path& keys) {
  const std::string before = read_file(variables_file, mebibytes(64));
  const auto set = trust::read_key_set(keys);
  const std::uint32_t switch_attributes = efi::kNonVolatile | efi::kBootService;
  std::vector<efi::Variable> variables{{.name = "CustomMode",
                                        .vendor = vendor(efi::kCustomModeVendor),
                                        .attributes = switch_attributes,
                                        .time = {},
                                        .data = Bytes{std::byte{0}}},
                                       {.name = "SecureBootEnable",
                                        .vendor = vendor(efi::kSecureBootEnableVendor),
                                        .attributes = switch_attributes,
                                        .time = {},
                                        .data = Bytes{std::byte{1}}}};
  for (const auto& entry : set.entries) {
    variables.push_back({.name = std::string(entry.variable.name),
                         .vendor = vendor(entry.variable.vendor),
                         .attributes = efi::kKeyAttributes,
                         .time = efi::parse_signed_variable(entry.signed_value, entry.variable.name).time,
                         .data = entry.value});
  }
  return std::string(as_text(efi::add_variables(as_bytes(before), variables_file.native(), variables)));
}

FirmwareFiles prepare_firmware(const BootRequest& request, const std::string& architecture, const fs::path& folder) {
  const bool secure = !request.secure_boot_keys.empty();
  FirmwareFiles files = secure ? require_secure_firmware(architecture) : require_firmware(architecture);
  const fs::path variables = folder / "variables.fd";
  if (secure) {
    write_file(variables, enrolled(files.variables, request.secure_boot_keys), 0600);
  } else {
    fs::copy_file(files.variables, variables);
    fs::permissions(variables, fs::perms::owner_write, fs::perm_options::add);  // the template may be read-only
  }
  files.variables = variables;
  return files;
}

// Nothing else than UEFI checks signatures, and what it starts takes no words from outside (systemd-stub(7)).
void require_secure_boot_makes_sense(const BootRequest& request) {
  if (request.secure_boot_keys.empty()) return;
  if (request.firmware != Firmware::Uefi || request.kernel) {
    throw Error(ErrorKind::Usage, fmt::format("cannot boot '{}' with Secure Boot: only UEFI firmware checks signatures",
                                              request.image.native()));
  }
  if (request.kernel_arguments.empty()) return;
  throw Error(ErrorKind::Usage,
              fmt::format("cannot add '{}' to the kernel's command line: with Secure Boot it is part of what is signed",
                          request.kernel_arguments.front()),
              "put it into the recipe: os.kernelCommandLine.extraCommandLine");
}

fs::path require_archive(const fs::path& path) {
  std::error_code error;
  if (path.empty() || fs::is_regular_file(path, error)) return path;
  throw Error(ErrorKind::NotFound, fmt::format("cannot attach '{}': there is no such file", path.native()));
}

}  // namespace

MachinePlan plan_machine(const BootRequest& request, const fs::path& folder, Reporter& reporter) {
  require_secure_boot_makes_sense(request);
  MachinePlan plan;
  plan.architecture = request.architecture.empty() ? host_architecture() : request.architecture;
  plan.disk = read_disk_image(request.image, request.format);
  if (!request.kernel) require_boot_signature(plan.disk);
  plan.disk_bus = request.disk_bus;
  plan.disk.path = fs::absolute(plan.disk.path);
  plan.program = require_qemu(plan.architecture);
  plan.processor = request.processor;
  plan.processors = request.processors;
  plan.memory = request.memory;
  plan.keep_changes = request.persistent;
  plan.oci_archive = require_archive(request.oci_archive);
  if (!plan.oci_archive.empty()) plan.oci_archive = fs::absolute(plan.oci_archive);
  if (request.kernel) {
    plan.kernel = request.kernel;
  } else if (request.firmware == Firmware::Direct) {
    plan.kernel = extract_kernel(plan.disk, folder, plan.architecture);
  } else if (request.firmware == Firmware::Bios) {
    require_bios_makes_sense(request, plan.architecture);
    plan.bios = true;
  } else {
    plan.firmware = prepare_firmware(request, plan.architecture, folder);
  }
  const bool takes_arguments = !plan.bios && !(plan.firmware && plan.firmware->secure);
  if (takes_arguments) plan.kernel_arguments = arguments_for(request, plan.architecture);
  plan.accelerator = choose_accelerator(request, plan, reporter);
  return plan;
}

}  // namespace keelson::machine
