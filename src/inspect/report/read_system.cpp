#include <algorithm>

#include "base/error.h"
#include "image/digest.h"
#include "inspect/file_list.h"
#include "inspect/inspect.h"
#include "inspect/open_system.h"
#include "inspect/report/report.h"

namespace keelson::inspect {

namespace fs = std::filesystem;

namespace {

constexpr ByteCount kLargestStatus = mebibytes(256);
constexpr std::size_t kMostNotes = 100;

std::string name_of(const fs::path& target) {
  const fs::path whole = target.has_filename() ? target : target.parent_path();
  return whole.has_filename() ? whole.filename().native() : target.native();
}

// Beside what was noted when the facts were taken: these are of the root only.
void add_note(nlohmann::json& facts, std::string note) {
  auto& notes = facts["inspection"]["notes"];
  if (notes.size() >= kMostNotes || std::find(notes.begin(), notes.end(), note) != notes.end()) return;
  notes.push_back(std::move(note));
}

}  // namespace

ReportedSystem read_reported_system(const ReportRequest& request) {
  ReportedSystem result{.name = name_of(request.target)};
  const OpenedSystem system(request.target);
  result.facts = inspect(system, request.digests, request.now);
  SpaceCounter space;
  visit_files(
      system.mounts(), [&](const ListedFile& file) { space.add(file); },
      [&](std::string note) { add_note(result.facts, std::move(note)); });
  result.space = space.result();
  if (const auto status = system.files().text("/var/lib/dpkg/status", kLargestStatus))
    result.packages = inventory::read_dpkg_status(*status);
  std::error_code ignored;
  if (request.digests == Digests::Yes && fs::is_regular_file(request.target, ignored))
    result.sha256 = image::digest_range(request.target, {{}, {fs::file_size(request.target)}}).hex();
  return result;
}

}  // namespace keelson::inspect
