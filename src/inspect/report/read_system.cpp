#include "image/digest.h"
#include "inspect/inspect.h"
#include "inspect/installed_packages.h"
#include "inspect/open_system.h"
#include "inspect/report/report.h"

namespace keelson::inspect {

namespace fs = std::filesystem;

namespace {

std::string name_of(const fs::path& target) {
  const fs::path whole = target.has_filename() ? target : target.parent_path();
  return whole.has_filename() ? whole.filename().native() : target.native();
}

}  // namespace

ReportedSystem read_reported_system(const ReportRequest& request) {
  ReportedSystem result{.name = name_of(request.target)};
  const OpenedSystem system(request.target);
  SpaceCounter space;
  result.facts = inspect(system, request.digests, request.now, [&](const ListedFile& file) { space.add(file); });
  result.space = space.result();
  if (auto found = find_packages(system.files())) result.packages = std::move(found->packages);
  std::error_code ignored;
  if (request.digests == Digests::Yes && fs::is_regular_file(request.target, ignored))
    result.sha256 = image::digest_range(request.target, {{}, {fs::file_size(request.target)}}).hex();
  return result;
}

}  // namespace keelson::inspect
