#include "inventory/spdx.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/uuid.h"
#include "crypto/hash.h"
#include "inventory/document_text.h"

namespace keelson::inventory {

namespace {

using Json = nlohmann::json;

constexpr const char* kNoAssertion = "NOASSERTION";

// 7.2 "Package SPDX identifier": letters, digits, "." and "-".
std::string id_text(std::string_view text) {
  std::string id;
  for (const char c : text) {
    const bool allowed =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    id += allowed ? c : '-';
  }
  return id;
}

// 7.5 "Package supplier": "Organization: NAME (EMAIL)".
// What an RPM package names is the vendor.
std::string supplier_text(const Package& package) {
  const Party party = party_of(package.maintainer);
  if (party.name.empty()) return kNoAssertion;
  const std::string email = party.email.empty() ? "" : fmt::format(" ({})", party.email);
  return fmt::format("{}: {}{}", party.is_team || package.family == PackageFamily::Rpm ? "Organization" : "Person",
                     party.name, email);
}

Json checksums(const Sha256& digest) {
  return Json::array({{{"algorithm", "SHA256"}, {"checksumValue", digest.hex()}}});
}

Json element(const std::string& id, const std::string& name, const std::string& version) {
  Json json{{"SPDXID", id},
            {"name", one_line(name)},
            {"downloadLocation", kNoAssertion},
            {"filesAnalyzed", false},
            {"licenseConcluded", kNoAssertion},
            {"licenseDeclared", kNoAssertion},
            {"copyrightText", kNoAssertion}};
  if (!version.empty()) json["versionInfo"] = one_line(version);
  return json;
}

Json purl_reference(const std::string& url) {
  return Json::array(
      {{{"referenceCategory", "PACKAGE-MANAGER"}, {"referenceType", "purl"}, {"referenceLocator", url}}});
}

// 7.9 "Package verification code": SHA-1 of the files' SHA-1 sums, sorted and joined.
std::string verification_code(std::vector<std::string> sums) {
  std::sort(sums.begin(), sums.end());
  Sha1Hasher hasher;
  for (const auto& sum : sums) hasher.update(as_bytes(sum));
  return hasher.finish().hex();
}

std::string archive_name(const Package& package) {
  const std::string version = package.version.substr(package.version.find(':') + 1);  // file names have no epoch
  return one_line(fmt::format("{}_{}_{}.deb", package.name, version, package.architecture));
}

const char* input_id(BuildInput::Kind kind) {
  switch (kind) {
    case BuildInput::Kind::Recipe:
      return "SPDXRef-Recipe";
    case BuildInput::Kind::Lock:
      return "SPDXRef-Lock";
    case BuildInput::Kind::BaseImage:
      break;
  }
  return "SPDXRef-BaseImage";
}

class Document {
 public:
  explicit Document(const Bill& bill) : bill_(bill) {}

  std::string write() {
    add_image();
    add_packages();
    add_files();
    add_build();
    Json json{
        {"spdxVersion", "SPDX-2.3"},
        {"SPDXID", "SPDXRef-DOCUMENT"},
        {"dataLicense", "CC0-1.0"},
        {"name", one_line(document_name())},
        {"creationInfo",
         {{"created", utc_time(bill_.epoch)}, {"creators", {fmt::format("Tool: keelson-{}", bill_.tool_version)}}}},
        {"packages", std::move(packages_)},
        {"relationships", std::move(relationships_)}};
    if (!files_.empty()) json["files"] = std::move(files_);
    for (auto& [id, license] : licenses_) json["hasExtractedLicensingInfos"].push_back(std::move(license));
    const auto text = [&] { return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n"; };
    json["documentNamespace"] = fmt::format("https://spdx.org/spdxdocs/{}-{}", id_text(document_name()),
                                            uuid_from_digest(sha256(text())).text());
    return text();
  }

 private:
  std::string document_name() const {
    if (!bill_.image_file.empty()) return bill_.image_file;
    return bill_.version.empty() ? bill_.name : fmt::format("{}-{}", bill_.name, bill_.version);
  }

  void relate(const std::string& element, const char* type, const std::string& related) {
    relationships_.push_back({{"spdxElementId", element}, {"relationshipType", type}, {"relatedSpdxElement", related}});
  }

  void add_image() {
    image_ = ids_.take(fmt::format("SPDXRef-Image-{}", id_text(bill_.name)));
    Json json = element(image_, bill_.name, bill_.version);
    json["primaryPackagePurpose"] = "OTHER";
    json["supplier"] = kNoAssertion;
    if (!bill_.image_file.empty()) json["packageFileName"] = one_line(bill_.image_file);
    if (bill_.image) json["checksums"] = checksums(*bill_.image);
    packages_.push_back(std::move(json));
    relate("SPDXRef-DOCUMENT", "DESCRIBES", image_);
    add_distribution();
  }

  void add_distribution() {
    if (bill_.distribution.id.empty()) return;
    const std::string id = ids_.take(fmt::format("SPDXRef-OperatingSystem-{}", id_text(bill_.distribution.id)));
    Json json = element(id, bill_.distribution.id, bill_.distribution.version);
    json["primaryPackagePurpose"] = "OPERATING_SYSTEM";
    if (!bill_.distribution.name.empty()) json["summary"] = one_line(bill_.distribution.name);
    packages_.push_back(std::move(json));
    relate(image_, "CONTAINS", id);
  }

  void add_packages() {
    std::vector<std::string>& ids = package_ids_;
    for (const auto& package : bill_.packages) {
      ids.push_back(ids_.take(
          fmt::format("SPDXRef-Package-{}", id_text(package.package.name + "-" + package.package.architecture))));
    }
    for (std::size_t i = 0; i < bill_.packages.size(); ++i) {
      add_package(bill_.packages[i], ids[i]);
      relate(image_, "CONTAINS", ids[i]);
      relate(ids[i], "GENERATED_FROM", source_of(bill_.packages[i].package));
      for (const std::size_t needed : bill_.packages[i].depends_on) relate(ids[i], "DEPENDS_ON", ids[needed]);
    }
  }

  void add_package(const BillPackage& entry, const std::string& id) {
    const Package& package = entry.package;
    Json json = element(id, package.name, package.version);
    json["supplier"] = supplier_text(package);
    json["externalRefs"] = purl_reference(package_url(package, bill_.distribution));
    json["sourceInfo"] = one_line(fmt::format("built package from: {} {}", package.source, package.source_version));
    if (!package.summary.empty()) json["summary"] = one_line(package.summary);
    if (const auto link = web_link(package.homepage); !link.empty()) json["homepage"] = link;
    if (!entry.license.expression.empty()) json["licenseDeclared"] = entry.license.expression;
    if (!entry.license.note.empty()) json["licenseComments"] = entry.license.note;
    if (entry.archive) {
      json["checksums"] = checksums(*entry.archive);
      json["packageFileName"] = archive_name(package);
    }
    packages_.push_back(std::move(json));
    for (const auto& license : entry.license.extracted) {
      licenses_[license.id] = {
          {"licenseId", license.id}, {"name", one_line(license.name)}, {"extractedText", license.text}};
    }
  }

  // The source package's element, made when the first package that was built from it comes.
  const std::string& source_of(const Package& package) {
    std::string& id = sources_[{package.source, package.source_version}];
    if (!id.empty()) return id;
    id = ids_.take(fmt::format("SPDXRef-Source-{}", id_text(package.source)));
    Json json = element(id, package.source, package.source_version);
    json["primaryPackagePurpose"] = "SOURCE";
    json["supplier"] = supplier_text(package);
    json["externalRefs"] =
        purl_reference(source_package_url(package.source, package.source_version, bill_.distribution, package.family));
    packages_.push_back(std::move(json));
    return id;
  }

  // 8 "File information". What no package has is the image's own.
  void add_files() {
    std::map<std::string, std::vector<std::string>> sums;  // of the files of an element, by its identifier
    for (const auto& file : bill_.files) {
      const std::string id =
          ids_.take(fmt::format("SPDXRef-File-{}", sha256(std::string_view(file.path)).hex().substr(0, 16)));
      const std::string& owner = file.package ? package_ids_.at(*file.package) : image_;
      files_.push_back({{"SPDXID", id},
                        {"fileName", "." + file.path},
                        {"checksums", Json::array({{{"algorithm", "SHA1"}, {"checksumValue", file.sha1.hex()}},
                                                   {{"algorithm", "SHA256"}, {"checksumValue", file.sha256.hex()}}})},
                        {"licenseConcluded", kNoAssertion},
                        {"copyrightText", kNoAssertion}});
      sums[owner].push_back(file.sha1.hex());
      relate(owner, "CONTAINS", id);
    }
    for (auto& package : packages_) {
      const auto found = sums.find(package["SPDXID"].get<std::string>());
      if (found == sums.end()) continue;
      package["filesAnalyzed"] = true;
      package["packageVerificationCode"] = {{"packageVerificationCodeValue", verification_code(found->second)}};
    }
  }

  // 11.1 "Relationship": what made the image, and of what.
  void add_build() {
    if (bill_.inputs.empty()) return;
    const std::string tool = ids_.take("SPDXRef-Tool-keelson");
    Json json = element(tool, "keelson", bill_.tool_version);
    json["primaryPackagePurpose"] = "APPLICATION";
    packages_.push_back(std::move(json));
    relate(tool, "BUILD_TOOL_OF", image_);
    for (const auto& input : bill_.inputs) {
      const std::string id = ids_.take(input_id(input.kind));
      Json file = element(id, input.file, {});
      file["primaryPackagePurpose"] = "FILE";
      file["packageFileName"] = one_line(input.file);
      file["checksums"] = checksums(input.sha256);
      packages_.push_back(std::move(file));
      switch (input.kind) {
        case BuildInput::Kind::Recipe:
          relate(image_, "GENERATED_FROM", id);
          break;
        case BuildInput::Kind::Lock:
          relate(id, "DEPENDENCY_MANIFEST_OF", image_);
          break;
        case BuildInput::Kind::BaseImage:
          relate(image_, "DESCENDANT_OF", id);
          break;
      }
    }
  }

  const Bill& bill_;
  UniqueNames ids_;
  std::string image_;
  std::map<std::pair<std::string, std::string>, std::string> sources_;
  std::vector<std::string> package_ids_;
  std::map<std::string, Json> licenses_;
  Json packages_ = Json::array();
  Json files_ = Json::array();
  Json relationships_ = Json::array();
};

}  // namespace

std::string write_spdx(const Bill& bill) { return Document(bill).write(); }

}  // namespace keelson::inventory
