// `input` and `output`: which image is read, what is written.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "recipe/read_parts.h"

namespace keelson::recipe {

namespace fs = std::filesystem;

namespace {

OciImage read_oci(const View& oci) {
  const View platform = oci.at("platform");
  OciImage image{.uri = oci.at("uri").text_or(""),
                 .os = platform.at("os").text_or(""),
                 .architecture = platform.at("architecture").text_or("")};
  if (platform.is_scalar()) {
    const std::string text = platform.text_or("");
    const auto slash = text.find('/');
    image.os = text.substr(0, slash);
    if (slash != std::string::npos) image.architecture = text.substr(slash + 1);
  }
  return image;
}

/// The resolved path of a folder that will be made: nothing else may stand there.
fs::path output_folder(const View& at, const Reading& reading) {
  if (!at.given()) return {};
  const fs::path path = reading.resolve(at);
  std::error_code ignored;
  if (fs::exists(path, ignored) && !fs::is_directory(path, ignored)) {
    reading.resource(at, fmt::format("'{}' must name a folder, and {} is a file", at.path(), quote(at.text_or(""))));
  }
  return path;
}

Artifacts read_artifacts(const View& artifacts, const Reading& reading) {
  Artifacts result{.items = {}, .path = output_folder(artifacts.at("path"), reading)};
  for (const auto& item : artifacts.at("items").texts()) {
    if (std::find(result.items.begin(), result.items.end(), item) == result.items.end()) result.items.push_back(item);
  }
  return result;
}

}  // namespace

Input read_input(const View& image, const Reading& reading) {
  Input input;
  input.path = reading.resolve(image.at("path"));
  if (image.at("oci").given()) input.oci = read_oci(image.at("oci"));
  const View azure = image.at("azureLinux");
  if (azure.given()) {
    input.azure_linux =
        AzureLinuxImage{.variant = azure.at("variant").text_or(""), .version = azure.at("version").text_or("")};
  }
  return input;
}

Output read_output(const View& output, const Reading& reading) {
  const View image = output.at("image");
  Output result;
  result.format = image.at("format").text_or("");
  const View path = image.at("path");
  result.path = reading.resolve(path);
  std::error_code ignored;
  if (!result.path.empty() && fs::is_directory(result.path, ignored)) {
    reading.resource(path,
                     fmt::format("'{}' must name a file, and {} is a folder", path.path(), quote(path.text_or(""))));
  }
  if (const auto level = image.below("cosi.compression.level").integer()) {
    result.cosi_compression_level = static_cast<int>(std::clamp<std::int64_t>(*level, 1, 22));
  }
  if (output.at("artifacts").given()) result.artifacts = read_artifacts(output.at("artifacts"), reading);
  result.selinux_policy_path = output_folder(output.at("selinuxPolicyPath"), reading);
  return result;
}

}  // namespace keelson::recipe
