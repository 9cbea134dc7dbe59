#include "factory/outputs.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "image/checksums.h"
#include "image/digest.h"
#include "image/export.h"
#include "inventory/cyclonedx.h"
#include "inventory/spdx.h"
#include "sys/file.h"
#include "sys/parallel.h"

namespace keelson::factory {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::json;

std::string suffix_of(const std::string& format) {
  if (format == "vhd-fixed") return "vhd";
  return format;
}

void check_format(const std::string& format) {
  const auto known = image::export_formats();
  if (std::find(known.begin(), known.end(), format) != known.end()) return;
  const std::string hint = did_you_mean(format, known);
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot write format '{}': this version writes {}", format, join_words(known)), hint);
}

// What tells that a file is still the one that we left.
Json fingerprint(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return nullptr;
  return {status.st_size, status.st_ino, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

// The lines of an earlier SHA256SUMS whose files are still there: several images may share a folder.
std::map<std::string, Sha256> kept_sums(const fs::path& file) {
  std::map<std::string, Sha256> sums;
  if (!fs::exists(file)) return sums;
  const std::string text = read_file(file, mebibytes(1));
  for (const auto line : split(text, '\n')) {
    if (line.size() <= 66) continue;
    const std::string name(line.substr(66));
    if (fs::exists(file.parent_path() / name)) sums[name] = parse_sha256(line.substr(0, 64));
  }
  return sums;
}

fs::path beside(const fs::path& image, const char* ending) {
  return image.parent_path() / (image.filename().native() + ending);
}

fs::path record_path(const Sha256& key, const fs::path& cache_folder) {
  return cache_folder / "built" / (key.hex() + ".json");
}

}  // namespace

std::vector<fs::path> OutputPaths::all() const {
  std::vector<fs::path> files;
  for (const auto& [format, path] : images) files.push_back(path);
  for (const auto& [format, path] : images) {
    for (const auto& beside : {manifest_path(path), spdx_path(path), cyclonedx_path(path)}) files.push_back(beside);
  }
  files.insert(files.end(), {lock, sums});
  return files;
}

fs::path manifest_path(const fs::path& image) { return beside(image, ".manifest.json"); }
fs::path spdx_path(const fs::path& image) { return beside(image, ".spdx.json"); }
fs::path cyclonedx_path(const fs::path& image) { return beside(image, ".cdx.json"); }

OutputPaths output_paths(const BuildRequest& request, const recipe::Recipe& recipe) {
  std::vector<std::string> formats = request.formats;
  if (formats.empty()) formats.push_back(recipe.output.format.empty() ? "raw" : recipe.output.format);
  for (const auto& format : formats) check_format(format);
  fs::path single = request.output_file;
  if (single.empty() && request.output_folder.empty()) single = recipe.output.path;
  OutputPaths paths{.name = request.name.empty() ? recipe.name : request.name};
  if (!single.empty()) {
    if (formats.size() != 1)
      throw Error(ErrorKind::Usage, "cannot write several formats to one file", "use --output-dir");
    if (fs::is_directory(single))
      throw Error(ErrorKind::Usage, fmt::format("cannot write '{}': it is a folder", single.native()));
    paths.folder = single.has_parent_path() ? single.parent_path() : fs::path(".");
    if (request.name.empty()) paths.name = single.stem();
    paths.images.emplace_back(formats[0], single);
  } else {
    paths.folder = request.output_folder.empty() ? fs::path("out") : request.output_folder;
    const auto has = [&](const char* each) { return std::find(formats.begin(), formats.end(), each) != formats.end(); };
    if (has("vhd") && has("vhd-fixed"))
      throw Error(ErrorKind::Usage, "cannot write vhd and vhd-fixed at once: both are called NAME.vhd", "build twice");
    for (const auto& format : formats)
      paths.images.emplace_back(format, paths.folder / fmt::format("{}.{}", paths.name, suffix_of(format)));
  }
  paths.lock = paths.folder / (paths.name + ".lock.json");
  paths.sums = paths.folder / "SHA256SUMS";
  return paths;
}

bool outputs_are_current(const OutputPaths& paths, const Sha256& key, const fs::path& cache_folder) {
  const fs::path record = record_path(key, cache_folder);
  if (!fs::exists(record)) return false;
  const Json kept = Json::parse(read_file(record, mebibytes(1)), nullptr, false);
  for (const auto& path : paths.all()) {
    const Json now = fingerprint(path);
    const std::string name = fs::absolute(path).native();
    if (!kept.is_object() || now.is_null() || !kept.contains(name) || kept[name] != now) return false;
  }
  return true;
}

void remember_outputs(const OutputPaths& paths, const Sha256& key, const fs::path& cache_folder, Reporter& reporter) {
  Json record = Json::object();
  for (const auto& path : paths.all()) record[fs::absolute(path).native()] = fingerprint(path);
  try {
    fs::create_directories(cache_folder / "built");
    write_file_atomically(record_path(key, cache_folder), record.dump(1) + "\n");
  } catch (const std::exception& error) {
    reporter.warn(fmt::format("this build is not remembered: {}", error.what()));
  }
}

void write_outputs(const OutputPaths& paths, FinishedDisk disk, Reporter& reporter) {
  Step step(reporter, "writing outputs", paths.images.size());
  image::describe_disk(disk.manifest, disk.plan, disk.raw_file);
  // What can take the raw disk over instead of copying it goes last.
  auto images = paths.images;
  const auto can_take = [](const auto& image) { return image.first == "raw" || image.first == "vhd-fixed"; };
  std::stable_partition(images.begin(), images.end(), [&](const auto& image) { return !can_take(image); });
  std::map<std::string, Sha256> sums = kept_sums(paths.sums);
  const auto write = [&](const fs::path& path, const std::string& text) {
    write_file_atomically(path, text);
    sums[path.filename()] = sha256(text);
  };
  std::string sizes;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto& [format, path] = images[i];
    image::export_image(
        disk.raw_file, format, path,
        {.seed = disk.seed, .epoch = disk.manifest.epoch, .take_raw = i + 1 == images.size() && can_take(images[i])});
    const ByteCount size{fs::file_size(path)};
    disk.manifest.image.file = path.filename();
    disk.manifest.image.format = format;
    sums[path.filename()] = format == "raw" ? disk.manifest.image.sha256 : image::digest_range(path, {{}, size});
    write(manifest_path(path), image::write_manifest(disk.manifest));
    disk.bill.image_file = path.filename();
    disk.bill.image = sums[path.filename()];
    write(spdx_path(path), inventory::write_spdx(disk.bill));
    write(cyclonedx_path(path), inventory::write_cyclonedx(disk.bill));
    sizes += fmt::format("{}{} {}", i == 0 ? "" : ", ", format, human_size(size));
    step.advance(i + 1);
  }
  write(paths.lock, deb::write_lock(disk.lock));
  write_file_atomically(paths.sums, image::write_checksums(sums));
  step.set_result(sizes);
}

}  // namespace keelson::factory
