#include "inspect/container_facts.h"

#include <nlohmann/json.hpp>

#include "base/harmless_text.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;

constexpr std::size_t kMostTexts = 1000;
constexpr std::size_t kMostText = 32'768;  // of one environment variable, one label

std::string fit(const std::string& text) { return harmless_text(std::string_view(text).substr(0, kMostText)); }

json list_of(const std::vector<std::string>& texts) {
  json result = json::array();
  for (const auto& text : texts)
    if (result.size() < kMostTexts) result.push_back(fit(text));
  return result;
}

void put(json& to, const char* key, const std::string& text) {
  if (!text.empty()) to[key] = fit(text);
}

void put(json& to, const char* key, const std::vector<std::string>& texts) {
  if (!texts.empty()) to[key] = list_of(texts);
}

std::string digest_text(const Sha256& digest) { return "sha256:" + digest.hex(); }

json layers_of(const image::ContainerImage& image) {
  json layers = json::array();
  for (const auto& layer : image.layers) {
    json entry{{"digest", digest_text(layer.digest)}, {"bytes", layer.size.value}};
    if (layer.compression != compressed::Compression::None)
      entry["compression"] = compressed::name_of(layer.compression);
    layers.push_back(std::move(entry));
  }
  return layers;
}

}  // namespace

json container_facts(const image::ContainerImage& image) {
  const oci::Config& config = image.config;
  json result{
      {"format", image.format}, {"configDigest", digest_text(image.config_digest)}, {"layers", layers_of(image)}};
  if (image.digest) result["digest"] = digest_text(*image.digest);
  put(result, "name", image.name);
  put(result, "architecture", config.architecture);
  put(result, "os", config.os);
  put(result, "variant", config.variant);
  put(result, "created", config.created);
  put(result, "user", config.user);
  put(result, "workingDirectory", config.working_directory);
  put(result, "stopSignal", config.stop_signal);
  put(result, "entrypoint", config.entrypoint);
  put(result, "command", config.command);
  put(result, "environment", config.environment);
  put(result, "exposedPorts", config.exposed_ports);
  put(result, "volumes", config.volumes);
  for (const auto& [name, value] : config.labels) {
    if (result["labels"].size() < kMostTexts) result["labels"][fit(name)] = fit(value);
  }
  return result;
}

}  // namespace keelson::inspect
