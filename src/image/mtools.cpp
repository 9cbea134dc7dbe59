#include "image/mtools.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/error.h"
#include "sys/process.h"

namespace keelson::image {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kFatEpoch = 315'532'800;  // 1980-01-01T00:00:00Z, the first time that FAT can write down

}  // namespace

Mtools::Mtools(const fs::path& raw_image, const fs::path& folder, ByteCount offset, std::int64_t epoch)
    : raw_image_(raw_image),
      folder_(folder),
      image_(fmt::format("disk@@{}", offset.value)),
      environment_{"MTOOLSRC=/dev/null",
                   "MTOOLS_SKIP_CHECK=1",
                   "MTOOLS_NO_VFAT=0",
                   "MTOOLS_LOWER_CASE=0",
                   "MTOOLS_FAT_COMPATIBILITY=0",
                   "LC_ALL=C",
                   "TZ=UTC0",
                   "HOME=/nonexistent",
                   fmt::format("SOURCE_DATE_EPOCH={}", std::max(epoch, kFatEpoch))} {
  fs::create_symlink(fs::absolute(raw_image), folder / "disk");
}

void Mtools::run(const std::string& program, const std::vector<std::string>& arguments) const {
  std::vector<std::string> all{program, "-i", image_};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const ProcessResult result = run_process(
      {.arguments = std::move(all), .environment = environment_, .working_directory = folder_, .merge_output = true});
  check_disk(result.output);
  if (result.exit_code == 0) return;
  if (result.output.find("Disk full") != std::string::npos)
    throw Error(ErrorKind::BadInput, "cannot write to the FAT file system: it is full");
  throw Error(ErrorKind::Unavailable,
              fmt::format("cannot write 'EFI system partition': {} ended with exit status {}\n{}", program,
                          result.exit_code, last_lines(result.output, 5)));
}

// mtools tells of a full disk in many lines, and mformat 4.0.33 goes on to crash; the cause is in the first of them.
void Mtools::check_disk(const std::string& output) const {
  for (const int number : std::array{ENOSPC, EDQUOT, EFBIG, EIO}) {
    const std::string words = describe_errno(number).substr(1);  // whatever the case of the first letter
    if (output.find(words) == std::string::npos) continue;
    throw system_error("write", raw_image_.native(), number);
  }
}

}  // namespace keelson::image
