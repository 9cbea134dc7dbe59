#include "machine/qemu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "machine/firmware.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::machine {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

std::string line_of(const MachinePlan& plan) {
  std::string text;
  for (const auto& word : qemu_arguments(plan))
    text += (word[0] == '-' && !text.empty() ? "\n" : text.empty() ? "" : " ") + word;
  return text;
}

MachinePlan plan_of(DiskFormat format) {
  MachinePlan plan;
  plan.program = "qemu-system-x86_64";
  plan.disk = {.path = "/images/disk", .format = format, .size = mebibytes(966)};
  return plan;
}

TEST(QemuArguments, AUefiMachineWithACheckUnderEmulation) {
  MachinePlan plan = plan_of(DiskFormat::Raw);
  plan.firmware = FirmwareFiles{"/fw/code.fd", "/scratch/variables.fd"};
  plan.kernel_arguments = {"console=ttyS0", "systemd.firstboot=off"};
  plan.credentials = {{"keelson.collect", "echo hello\n"}};
  plan.oci_archive = "/images/probe.tar";
  plan.facts_port = true;
  EXPECT_EQ(line_of(plan),
            "qemu-system-x86_64\n-name keelson\n-machine q35\n-accel tcg,thread=multi\n-cpu qemu64\n-smp 2\n-m 2048\n"
            "-nodefaults\n-no-user-config\n-no-reboot\n-display none\n-device virtio-rng-pci\n"
            "-drive if=pflash,unit=0,readonly=on,driver=raw,file.driver=file,file.filename=/fw/code.fd\n"
            "-drive if=pflash,unit=1,driver=raw,file.driver=file,file.filename=/scratch/variables.fd\n"
            "-drive if=none,id=disk,snapshot=on,driver=raw,file.driver=file,file.filename=/images/disk\n"
            "-device nvme,drive=disk,serial=keelson,bootindex=1\n"
            "-drive if=none,id=oci,readonly=on,driver=raw,file.driver=file,file.filename=/images/probe.tar\n"
            "-device virtio-blk-pci,drive=oci,serial=keelson-oci\n"
            "-chardev stdio,id=console,signal=off\n-serial chardev:console\n"
            "-device virtio-serial-pci\n-chardev socket,id=facts,fd=3\n-device "
            "virtserialport,chardev=facts,name=keelson.facts\n"
            "-smbios type=11,value=io.systemd.credential.binary:keelson.collect=ZWNobyBoZWxsbwo=\n"
            "-smbios type=11,value=io.systemd.stub.kernel-cmdline-extra=console=ttyS0 systemd.firstboot=off");
}

TEST(QemuArguments, ADirectBootAppendsToTheImagesOwnCommandLine) {
  MachinePlan plan = plan_of(DiskFormat::Qcow2);
  plan.kernel = KernelBoot{"/k", "/i", "root=x rw"};
  plan.kernel_arguments = {"console=ttyS0"};
  const std::string line = line_of(plan);
  EXPECT_THAT(line, HasSubstr("\n-kernel /k\n-initrd /i\n-append root=x rw console=ttyS0\n"));
  EXPECT_THAT(line, HasSubstr("driver=qcow2,file.driver=file"));
  EXPECT_THAT(line, Not(HasSubstr("pflash")));
  EXPECT_THAT(line, Not(HasSubstr("kernel-cmdline-extra")));
}

TEST(QemuArguments, AMachineWithBiosHasNoFlashAndItsBiosWritesToTheSerialPort) {
  MachinePlan plan = plan_of(DiskFormat::Raw);
  plan.bios = true;
  const std::string line = line_of(plan);
  EXPECT_THAT(line, HasSubstr("\n-machine q35,graphics=off\n"));
  EXPECT_THAT(line, Not(HasSubstr("pflash")));
  EXPECT_THAT(line, Not(HasSubstr("smbios")));
}

TEST(QemuArguments, AFixedVhdIsARawDiskWithoutItsFooter) {
  EXPECT_THAT(line_of(plan_of(DiskFormat::VhdFixed)),
              HasSubstr("snapshot=on,driver=raw,size=1012924416,file.driver=file"));
}

TEST(QemuArguments, TheImageIsOnlyWrittenWhenThatIsAskedFor) {
  MachinePlan plan = plan_of(DiskFormat::Raw);
  plan.keep_changes = true;
  EXPECT_THAT(line_of(plan), HasSubstr("id=disk,snapshot=off,"));
}

TEST(QemuArguments, TheDiskHangsOnTheBusThatIsAskedFor) {
  const std::pair<const char*, const char*> devices[] = {
      {"nvme", "\n-device nvme,drive=disk,"},
      {"virtio-blk", "\n-device virtio-blk-pci,drive=disk,"},
      {"virtio-scsi", "\n-device virtio-scsi-pci,id=controller\n-device scsi-hd,bus=controller.0,drive=disk,"},
      {"ahci", "\n-device ich9-ahci,id=controller\n-device ide-hd,bus=controller.0,drive=disk,"}};
  for (const auto& [bus, device] : devices) {
    MachinePlan plan = plan_of(DiskFormat::Raw);
    plan.disk_bus = require_disk_bus(bus);
    EXPECT_EQ(disk_bus_name(plan.disk_bus), bus);
    EXPECT_THAT(line_of(plan), HasSubstr(device));
  }
  EXPECT_THROW(require_disk_bus("ide"), Error);
}

TEST(QemuArguments, KvmTakesTheHostsProcessorAndArmHasItsOwnMachine) {
  MachinePlan plan = plan_of(DiskFormat::Raw);
  plan.accelerator = Accelerator::Kvm;
  EXPECT_THAT(line_of(plan), HasSubstr("-accel kvm\n-cpu host\n"));
  plan.accelerator = Accelerator::Emulation;
  plan.architecture = "arm64";
  EXPECT_THAT(line_of(plan), HasSubstr("-machine virt\n-accel tcg,thread=multi\n-cpu cortex-a57\n"));
  EXPECT_EQ(serial_console("arm64"), "ttyAMA0");
}

TEST(QemuArguments, ACommaOrColonInAPathMeansNothing) {
  MachinePlan plan = plan_of(DiskFormat::Raw);
  plan.disk.path = "/a,snapshot=off/nbd:b";
  EXPECT_THAT(qemu_arguments(plan),
              Contains("if=none,id=disk,snapshot=on,driver=raw,file.driver=file,file.filename=/a,,snapshot=off/nbd:b"));
}

TEST(QemuArguments, AConsoleForPeopleHasAWayOut) {
  MachinePlan plan = plan_of(DiskFormat::Raw);
  plan.interactive = true;
  EXPECT_THAT(
      line_of(plan),
      HasSubstr(
          "-chardev stdio,id=console,mux=on,signal=off\n-serial chardev:console\n-mon chardev=console,mode=readline"));
}

TEST(QemuArguments, SecureBootKeepsTheFirmwaresVariablesFromTheOperatingSystem) {
  MachinePlan plan = plan_of(DiskFormat::Raw);
  plan.firmware = FirmwareFiles{"/fw/code.fd", "/scratch/variables.fd", true};
  EXPECT_THAT(line_of(plan), HasSubstr("-machine q35,smm=on\n-global driver=cfi.pflash01,property=secure,value=on\n"));
}

TEST(QemuArguments, ATpmIsReachedByItsSocket) {
  MachinePlan plan = plan_of(DiskFormat::Raw);
  plan.tpm_socket = "/scratch/tpm,socket";
  EXPECT_THAT(line_of(plan),
              HasSubstr("-chardev socket,id=tpm,path=/scratch/tpm,,socket\n-tpmdev emulator,id=tpm0,chardev=tpm\n"
                        "-device tpm-crb,tpmdev=tpm0\n"));
}

TEST(QemuArguments, CredentialsThatDoNotFitAreRefused) {
  MachinePlan plan = plan_of(DiskFormat::Raw);
  plan.credentials = {{"big", std::string(60000, 'x')}};
  EXPECT_THROW(qemu_arguments(plan), Error);
}

TEST(Collector, ItsCredentialsFitAndAreNamedAsSystemdReadsThem) {
  MachinePlan plan = plan_of(DiskFormat::Raw);
  plan.credentials = collector_credentials({});
  EXPECT_NO_THROW(qemu_arguments(plan));
  EXPECT_EQ(plan.credentials[1].name, "systemd.extra-unit.keelson-check.service");
  EXPECT_EQ(plan.credentials[0].content.find("poweroff"), std::string::npos);
  EXPECT_NE(collector_credentials({.power_off = true})[0].content.find("poweroff"), std::string::npos);
}

TEST(RequireFirmware, NeedsBothFilesOfAPairAndNamesThePackage) {
  const TempDir root("firmware");
  std::filesystem::create_directories(root.path() / "usr/share/OVMF");
  write_file(root.path() / "usr/share/OVMF/OVMF_CODE_4M.fd", "x");
  try {
    require_firmware("amd64", root.path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::NotFound);
    EXPECT_THAT(error.hint(), HasSubstr("ovmf"));
  }
  write_file(root.path() / "usr/share/OVMF/OVMF_VARS_4M.fd", "x");
  EXPECT_EQ(require_firmware("amd64", root.path()).code, root.path() / "usr/share/OVMF/OVMF_CODE_4M.fd");
}

TEST(RequireFirmware, WithSecureBootIsAnotherOne) {
  const TempDir root("firmware");
  const auto folder = root.path() / "usr/share/OVMF";
  std::filesystem::create_directories(folder);
  for (const char* name : {"OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"}) write_file(folder / name, "x");
  EXPECT_THROW(require_secure_firmware("amd64", root.path()), Error);
  write_file(folder / "OVMF_CODE_4M.secboot.fd", "x");
  EXPECT_EQ(require_secure_firmware("amd64", root.path()).code, folder / "OVMF_CODE_4M.secboot.fd");
  EXPECT_TRUE(require_secure_firmware("amd64", root.path()).secure);
  EXPECT_FALSE(require_firmware("amd64", root.path()).secure);
}

TEST(RequireQemu, AnArchitectureThatIsNotKnownIsAUsageError) {
  try {
    require_qemu("riscv64");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Usage);
  }
}

}  // namespace
}  // namespace keelson::machine
