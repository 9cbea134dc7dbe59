#include "machine/boot.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "machine/facts.h"
#include "machine/plan.h"
#include "machine/session.h"
#include "machine/tpm.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::machine {

namespace {

std::string hint_for(Outcome outcome, const Console& console) {
  if (outcome == Outcome::TimedOut && console.stage() >= Stage::Kernel)
    return "a busy host needs longer: raise --timeout; or look inside with --shell";
  if (console.stage() == Stage::Firmware)
    return "the image may lack a boot loader for this firmware, or be for another architecture; --firmware direct "
           "starts its "
           "kernel without one";
  return "look inside with --shell";
}

[[noreturn]] void fail(const BootRequest& request, Outcome outcome, const Session& session) {
  throw Error(ErrorKind::Unavailable,
              fmt::format("cannot boot '{}': {}", request.image.native(),
                          account_of(outcome, session.console(), session.complaints(), request.timeout)),
              hint_for(outcome, session.console()));
}

// Above all when the boot failed: then it is what one wants to read.
void keep_console(const BootRequest& request, const Session& session) {
  if (!request.console_file.empty()) write_file_atomically(request.console_file, session.console().text());
}

void start_tpm(const BootRequest& request, const std::filesystem::path& folder, MachinePlan& plan,
               std::optional<SoftwareTpm>& tpm) {
  if (!request.tpm) return;
  tpm.reset();
  tpm.emplace(folder);
  plan.tpm_socket = tpm->socket();
}

bool reached(Outcome outcome) { return outcome == Outcome::Facts || outcome == Outcome::Login; }

// What only the outside knows.
nlohmann::json machine_facts(const BootRequest& request, const MachinePlan& plan, const Session& session) {
  nlohmann::json reached = nlohmann::json::object();
  for (const auto& [stage, seconds] : session.reached()) reached[stage_key(stage)] = std::round(seconds * 10) / 10;
  return {{"accelerator", accelerator_name(plan.accelerator)},
          {"firmware", plan.firmware ? "uefi"
                       : plan.bios   ? "bios"
                                     : "direct"},
          {"processors", plan.processors},
          {"imageFormat", format_name(plan.disk.format)},
          {"image", request.image.filename().native()},
          {"qemu", qemu_version(plan.program)},
          {"diskBus", disk_bus_name(plan.disk_bus)},
          {"reached", std::move(reached)},
          {"secondsToFacts", std::round(session.seconds() * 10) / 10}};
}

// One whole run. What a second run may better is told, not thrown; the caller decides.
struct Run {
  Outcome outcome = Outcome::Ended;
  BootResult result;
  bool emulation_failed = false;
};

struct MayRetry {
  bool ended = false;      // QEMU ended by itself
  bool emulation = false;  // the emulator made a fault that the image has no part in
};

Run run_once(const BootRequest& request, const MachinePlan& plan, const std::filesystem::path& folder,
             const MayRetry& may_retry) {
  Session session(plan, folder);
  Run run;
  try {
    run.outcome = session.run(request.timeout);
  } catch (const Error&) {  // facts that broke their form
    keep_console(request, session);
    throw;
  }
  run.result.seconds_to_facts = session.seconds();
  run.result.accelerator = plan.accelerator;
  if (!reached(run.outcome)) {
    session.stop();
    keep_console(request, session);
    if (may_retry.ended && run.outcome == Outcome::Ended) return run;
    run.emulation_failed = may_retry.emulation && is_fault_of_emulation(session.console().text());
    if (run.emulation_failed) return run;
    fail(request, run.outcome, session);
  }
  if (run.outcome == Outcome::Facts) {
    run.result.facts = facts_from_sections(session.sections().take());
    run.result.facts["machine"] = machine_facts(request, plan, session);
  }
  if (plan.keep_changes) session.finish(std::chrono::seconds(90));
  session.stop();
  keep_console(request, session);
  return run;
}

}  // namespace

BootResult boot(const BootRequest& request, Reporter& reporter) {
  remove_stale_temporaries(request.temporary);  // a run that was killed could not tidy up
  const TempDir folder("boot", request.temporary);
  MachinePlan plan = plan_machine(request, folder.path(), reporter);
  std::optional<SoftwareTpm> tpm;
  start_tpm(request, folder.path(), plan, tpm);
  plan.facts_port = request.collect_facts;
  if (request.collect_facts) {
    plan.credentials = collector_credentials(
        {.container = !plan.oci_archive.empty(), .power_off = request.persistent, .try_refusals = !request.persistent});
  }
  const auto run_again = [&] {
    start_tpm(request, folder.path(), plan, tpm);  // the one before ended with its machine
    return run_once(request, plan, folder.path(), {});
  };
  Step step(reporter, "booting the image");  // begun only now: what can't be booted is not announced
  // The probe proves that KVM runs firmware, not that it runs a kernel: a machine that dies under it gets a second run.
  const bool is_emulated = plan.accelerator == Accelerator::Emulation;
  Run run =
      run_once(request, plan, folder.path(),
               {.ended = !is_emulated && request.accelerator == AcceleratorChoice::Auto, .emulation = is_emulated});
  if (run.emulation_failed) {
    reporter.warn("QEMU's emulation lost track of the kernel's code (a breakpoint that was gone); trying again");
    run = run_again();
  } else if (!reached(run.outcome)) {
    reporter.warn("the machine did not come up under KVM; trying again with software emulation");
    plan.accelerator = Accelerator::Emulation;
    run = run_again();
  }
  step.set_result(fmt::format("{:.1f} s, {}", run.result.seconds_to_facts,
                              plan.accelerator == Accelerator::Kvm ? "KVM" : "software emulation"));
  return std::move(run.result);
}

int run_shell(const BootRequest& request, Reporter& reporter) {
  remove_stale_temporaries(request.temporary);  // a run that was killed could not tidy up
  const TempDir folder("boot", request.temporary);
  MachinePlan plan = plan_machine(request, folder.path(), reporter);
  plan.interactive = true;
  std::optional<SoftwareTpm> tpm;
  start_tpm(request, folder.path(), plan, tpm);
  plan.credentials = shell_credentials();
  reporter.warn("the machine's console follows; end it with Ctrl-A X");
  Child child({.arguments = qemu_arguments(plan),
               .environment = {"TMPDIR=" + folder.path().native()},
               .standard_input = 0,
               .standard_output = 1,
               .standard_error = 2,
               .own_group = false});
  return child.wait();
}

}  // namespace keelson::machine
