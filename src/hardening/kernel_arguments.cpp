// What the kernel's command line says, and what its options say where it is silent.
#include <array>

#include "hardening/check.h"

namespace keelson::hardening {

namespace {

constexpr Source kKernel = Source::KernelHardeningChecker;

constexpr std::array<Check, 55> kRows{{
    // On
    {kKernel, Subject::KernelArgument, "init_on_alloc", "1|on|y", "memory is cleared when it is given out",
     "CONFIG_INIT_ON_ALLOC_DEFAULT_ON"},
    {kKernel, Subject::KernelArgument, "init_on_free", "1|on|y", "memory is cleared when it is given back",
     "CONFIG_INIT_ON_FREE_DEFAULT_ON"},
    {kKernel, Subject::KernelArgument, "slab_nomerge", "set", "caches of objects are not merged",
     "!CONFIG_SLAB_MERGE_DEFAULT"},
    {kKernel, Subject::KernelArgument, "page_alloc.shuffle", "1|y|Y", "free pages come in random order"},
    {kKernel, Subject::KernelArgument, "randomize_kstack_offset", "1|on|y",
     "the stack of a system call begins at a random offset", "CONFIG_RANDOMIZE_KSTACK_OFFSET_DEFAULT"},
    {kKernel, Subject::KernelArgument, "hash_pointers", "-|always|auto", "pointers are not printed as they are"},
    {kKernel, Subject::KernelArgument, "iommu.passthrough", "0", "devices reach memory only through the IOMMU",
     "!CONFIG_IOMMU_DEFAULT_PASSTHROUGH"},
    {kKernel, Subject::KernelArgument, "iommu.strict", "1",
     "what a device may no longer reach is taken from it at once", "CONFIG_IOMMU_DEFAULT_DMA_STRICT"},
    {kKernel, Subject::KernelArgument, "pti", "on", "the kernel is never in the page tables of programs", "",
     Only::Amd64},
    {kKernel, Subject::KernelArgument, "mitigations", "auto,nosmt",
     "mitigations of processor faults are on, and threads that share a core are off"},
    {kKernel, Subject::KernelArgument, "vsyscall", "none", "no code lies at a fixed address",
     "CONFIG_LEGACY_VSYSCALL_NONE", Only::Amd64},
    {kKernel, Subject::KernelArgument, "vdso32", "0", "no vDSO for 32-bit programs", "", Only::Amd64},
    {kKernel, Subject::KernelArgument, "ia32_emulation", "0|off|n", "32-bit programs do not run",
     "CONFIG_IA32_EMULATION_DEFAULT_DISABLED", Only::Amd64},
    {kKernel, Subject::KernelArgument, "tsx", "off", "transactional memory is off", "CONFIG_X86_INTEL_TSX_MODE_OFF",
     Only::Amd64},
    {kKernel, Subject::KernelArgument, "debugfs", "off|no-mount", "debugfs cannot be mounted", "!CONFIG_DEBUG_FS"},
    {kKernel, Subject::KernelArgument, "bdev_allow_write_mounted", "0",
     "what is mounted cannot be written past its file system", "!CONFIG_BLK_DEV_WRITE_MOUNTED"},
    {kKernel, Subject::KernelArgument, "proc_mem.force_override", "never",
     "/proc/PID/mem does not write what the process itself could not", "CONFIG_PROC_MEM_NO_FORCE"},
    {kKernel, Subject::KernelArgument, "efi", "disable_early_pci_dma",
     "devices cannot reach memory before the kernel runs", "CONFIG_EFI_DISABLE_PCI_DMA"},
    {kKernel, Subject::KernelArgument, "module.sig_enforce", "1|set", "unsigned modules are refused",
     "CONFIG_MODULE_SIG_FORCE"},
    {kKernel, Subject::Fact, "security.lockdown", "integrity|confidentiality", "root cannot change the kernel"},
    // Not turned off
    {kKernel, Subject::KernelArgument, "rodata", "-|on|full", "read-only memory of the kernel is read-only"},
    {kKernel, Subject::KernelArgument, "hardened_usercopy", "-|1|on|y", "copies to and from programs are checked"},
    {kKernel, Subject::KernelArgument, "kfence.sample_interval", "!0", "samples of heap memory are guarded"},
    {kKernel, Subject::KernelArgument, "nokaslr", "-", "the kernel lies at a random address"},
    {kKernel, Subject::KernelArgument, "norandmaps", "-", "programs lie at random addresses"},
    {kKernel, Subject::KernelArgument, "slab_merge", "-", "caches of objects are not merged again"},
    {kKernel, Subject::KernelArgument, "slub_merge", "-", "nor by the older name"},
    {kKernel, Subject::KernelArgument, "slab_common.usercopy_fallback", "-", "checks of copies have no way around"},
    {kKernel, Subject::KernelArgument, "sysrq_always_enabled", "-", "magic keys are not always on"},
    {kKernel, Subject::KernelArgument, "noexec", "-", "data is not executable"},
    {kKernel, Subject::KernelArgument, "nospectre_bhb", "-", "branch history cannot be steered", "", Only::Arm64},
    {kKernel, Subject::KernelArgument, "ssbd", "-", "speculation past stores is as the kernel decides", "",
     Only::Arm64},
    {kKernel, Subject::KernelArgument, "arm64.nobti", "-", "indirect branches land only on marked places", "",
     Only::Arm64},
    {kKernel, Subject::KernelArgument, "arm64.nopauth", "-", "return addresses are signed", "", Only::Arm64},
    {kKernel, Subject::KernelArgument, "arm64.nomte", "-", "memory tags are used", "", Only::Arm64},
    {kKernel, Subject::KernelArgument, "nosmep", "-", "the kernel does not run code of programs", "", Only::Amd64},
    {kKernel, Subject::KernelArgument, "nosmap", "-", "the kernel does not read data of programs by mistake", "",
     Only::Amd64},
    {kKernel, Subject::KernelArgument, "nopti", "-", "page tables are kept apart where the processor needs it", "",
     Only::Amd64},
    {kKernel, Subject::KernelArgument, "nospectre_v1", "-", "Spectre version 1 is mitigated", "", Only::Amd64},
    {kKernel, Subject::KernelArgument, "nospectre_v2", "-", "Spectre version 2 is mitigated", "", Only::Amd64},
    {kKernel, Subject::KernelArgument, "nospec_store_bypass_disable", "-", "Spectre version 4 is mitigated", "",
     Only::Amd64},
    // Mitigations of single faults of amd64: the kernel chooses what the processor needs, unless it is told not to.
    {kKernel, Subject::KernelArgument, "spectre_v2", "!off", "Spectre version 2 is mitigated", "", Only::Amd64},
    {kKernel, Subject::KernelArgument, "spectre_v2_user", "!off", "Spectre version 2 between programs is mitigated", "",
     Only::Amd64},
    {kKernel, Subject::KernelArgument, "spectre_bhi", "!off", "branch history injection is mitigated", "", Only::Amd64},
    {kKernel, Subject::KernelArgument, "spec_store_bypass_disable", "!off", "Spectre version 4 is mitigated", "",
     Only::Amd64},
    {kKernel, Subject::KernelArgument, "l1tf", "!off", "L1 terminal fault is mitigated", "", Only::Amd64},
    {kKernel, Subject::KernelArgument, "mds", "!off", "microarchitectural data sampling is mitigated", "", Only::Amd64},
    {kKernel, Subject::KernelArgument, "tsx_async_abort", "!off", "TSX asynchronous abort is mitigated", "",
     Only::Amd64},
    {kKernel, Subject::KernelArgument, "srbds", "!off", "special register buffer data sampling is mitigated", "",
     Only::Amd64},
    {kKernel, Subject::KernelArgument, "mmio_stale_data", "!off", "stale data of devices is mitigated", "",
     Only::Amd64},
    {kKernel, Subject::KernelArgument, "retbleed", "!off", "Retbleed is mitigated", "", Only::Amd64},
    {kKernel, Subject::KernelArgument, "spec_rstack_overflow", "!off", "speculative return stack overflow is mitigated",
     "", Only::Amd64},
    {kKernel, Subject::KernelArgument, "gather_data_sampling", "!off", "gather data sampling is mitigated", "",
     Only::Amd64},
    {kKernel, Subject::KernelArgument, "reg_file_data_sampling", "!off", "register file data sampling is mitigated", "",
     Only::Amd64},
    {kKernel, Subject::KernelArgument, "kvm.nx_huge_pages", "!off", "multihit of huge pages is mitigated", "",
     Only::Amd64},
}};

}  // namespace

std::span<const Check> kernel_argument_checks() { return kRows; }

}  // namespace keelson::hardening
