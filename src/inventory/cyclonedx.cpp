#include "inventory/cyclonedx.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/uuid.h"
#include "crypto/hash.h"
#include "inventory/document_text.h"

namespace keelson::inventory {

namespace {

using Json = nlohmann::json;

Json component(const char* type, const std::string& reference, const std::string& name, const std::string& version) {
  Json json{{"type", type}, {"bom-ref", reference}, {"name", one_line(name)}};
  if (!version.empty()) json["version"] = one_line(version);
  return json;
}

Json hashes(const Sha256& digest) { return Json::array({{{"alg", "SHA-256"}, {"content", digest.hex()}}}); }

Json supplier(std::string_view maintainer) {
  const Party party = party_of(maintainer);
  Json json{{"name", party.name}};
  if (!party.email.empty()) json["contact"] = Json::array({{{"name", party.name}, {"email", party.email}}});
  return json;
}

const char* input_reference(BuildInput::Kind kind) {
  switch (kind) {
    case BuildInput::Kind::Recipe:
      return "input:recipe";
    case BuildInput::Kind::Lock:
      return "input:lock";
    case BuildInput::Kind::BaseImage:
      break;
  }
  return "input:base-image";
}

class Document {
 public:
  explicit Document(const Bill& bill) : bill_(bill) {}

  std::string write() {
    image_ = references_.take("image");
    Json json{{"$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json"},
              {"bomFormat", "CycloneDX"},
              {"specVersion", "1.6"},
              {"version", 1},
              {"metadata", metadata()},
              {"components", components()}};
    json["dependencies"] = std::move(dependencies_);
    if (!bill_.inputs.empty()) json["formulation"] = formulation();
    const auto text = [&] { return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n"; };
    json["serialNumber"] = fmt::format("urn:uuid:{}", uuid_from_digest(sha256(text())).text());
    return text();
  }

 private:
  Json metadata() {
    // A disk image is a packaging format for virtual machines: the standard's word for that is "container".
    Json image = component("container", image_, bill_.name, bill_.version);
    if (!bill_.image_file.empty()) image["properties"] = Json::array({property("image-file", bill_.image_file)});
    if (bill_.image) image["hashes"] = hashes(*bill_.image);
    return {{"timestamp", utc_time(bill_.epoch)},
            {"lifecycles", Json::array({{{"phase", bill_.inputs.empty() ? "post-build" : "build"}}})},
            {"tools",
             {{"components",
               Json::array({component("application", references_.take("keelson"), "keelson", bill_.tool_version)})}}},
            {"component", std::move(image)}};
  }

  static Json property(std::string_view name, const std::string& value) {
    return {{"name", fmt::format("keelson:{}", name)}, {"value", one_line(value)}};
  }

  Json components() {
    std::vector<std::string> references;
    references.reserve(bill_.packages.size());
    for (const auto& package : bill_.packages)
      references.push_back(references_.take(package_url(package.package, bill_.distribution)));
    Json all = Json::array();
    Json top = Json::array();
    if (!bill_.distribution.id.empty()) {
      const std::string reference = references_.take("distribution");
      Json json = component("operating-system", reference, bill_.distribution.id, bill_.distribution.version);
      if (!bill_.distribution.name.empty()) json["description"] = one_line(bill_.distribution.name);
      all.push_back(std::move(json));
      top.push_back(reference);
      depend(reference, Json::array());
    }
    const auto files = file_components();
    for (std::size_t i = 0; i < bill_.packages.size(); ++i) {
      all.push_back(package_component(bill_.packages[i], references[i]));
      if (!files[i].empty()) all.back()["components"] = files[i];
      top.push_back(references[i]);
      Json needed = Json::array();
      for (const std::size_t place : bill_.packages[i].depends_on) needed.push_back(references[place]);
      depend(references[i], std::move(needed));
    }
    depend(image_, std::move(top));
    for (const auto& file : files.back()) all.push_back(file);
    return all;
  }

  // The files of each package; and last, those of none.
  std::vector<Json> file_components() {
    std::vector<Json> components(bill_.packages.size() + 1, Json::array());
    for (const auto& file : bill_.files) {
      const std::string reference = references_.take("file:" + sha256(std::string_view(file.path)).hex().substr(0, 16));
      components.at(file.package.value_or(bill_.packages.size()))
          .push_back({{"type", "file"},
                      {"bom-ref", reference},
                      {"name", file.path},
                      {"hashes", Json::array({{{"alg", "SHA-1"}, {"content", file.sha1.hex()}},
                                              {{"alg", "SHA-256"}, {"content", file.sha256.hex()}}})}});
    }
    return components;
  }

  void depend(const std::string& reference, Json needed) {
    Json json{{"ref", reference}};
    if (!needed.empty()) json["dependsOn"] = std::move(needed);
    dependencies_.push_back(std::move(json));
  }

  Json package_component(const BillPackage& entry, const std::string& reference) const {
    const Package& package = entry.package;
    Json json = component("library", reference, package.name, package.version);
    json["purl"] = package_url(package, bill_.distribution);
    if (!one_line(package.maintainer).empty()) json["supplier"] = supplier(package.maintainer);
    if (!package.summary.empty()) json["description"] = one_line(package.summary);
    if (entry.archive) json["hashes"] = hashes(*entry.archive);
    if (!entry.license.expression.empty())
      json["licenses"] = Json::array({{{"expression", entry.license.expression}, {"acknowledgement", "declared"}}});
    if (!entry.license.note.empty()) json["properties"] = Json::array({property("license-note", entry.license.note)});
    if (const auto link = web_link(package.homepage); !link.empty())
      json["externalReferences"] = Json::array({{{"type", "website"}, {"url", link}}});
    json["pedigree"] = {
        {"ancestors", Json::array({{{"type", "library"},
                                    {"name", one_line(package.source)},
                                    {"version", one_line(package.source_version)},
                                    {"purl", source_package_url(package.source, package.source_version,
                                                                bill_.distribution, package.family)}}})}};
    return json;
  }

  // How the image was made: what went in, what came out.
  Json formulation() {
    Json inputs = Json::array();
    Json files = Json::array();
    for (const auto& input : bill_.inputs) {
      const std::string reference = references_.take(input_reference(input.kind));
      Json file = component("file", reference, input.file, {});
      file["hashes"] = hashes(input.sha256);
      files.push_back(std::move(file));
      inputs.push_back({{"resource", {{"ref", reference}}}});
    }
    const Json workflow{{"bom-ref", references_.take("workflow")},
                        {"uid", "keelson-build"},
                        {"name", "keelson build"},
                        {"taskTypes", {"build"}},
                        {"inputs", std::move(inputs)},
                        {"outputs", Json::array({{{"type", "artifact"}, {"resource", {{"ref", image_}}}}})}};
    return Json::array({{{"components", std::move(files)}, {"workflows", Json::array({workflow})}}});
  }

  const Bill& bill_;
  UniqueNames references_;
  std::string image_;
  Json dependencies_ = Json::array();
};

}  // namespace

std::string write_cyclonedx(const Bill& bill) { return Document(bill).write(); }

}  // namespace keelson::inventory
