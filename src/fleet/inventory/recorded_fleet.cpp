#include "fleet/inventory/recorded_fleet.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "kube/json_text.h"

namespace keelson::fleet {

namespace {

constexpr std::size_t kMostDocuments = 1000;                     // in one file
constexpr std::size_t kMostBytesAtOnce = std::size_t{64} << 20;  // of what is read as one value: az's answers, versions

/// What can be seen of a document without reading it into memory: recordings of large clusters are gigabytes.
struct Outline {
  std::size_t length = 0;  ///< of the object or list at the front; of the whole text when it is neither
  bool list = false;
  bool tells_pools = false;    ///< a key of az's about AKS
  bool tells_version = false;  ///< of kubectl version
};

class OutlineReader {
 public:
  OutlineReader(std::string_view text, std::string_view name) : text_(text), name_(name) {}

  Outline read() {
    std::size_t depth = 0;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == '"') {
        const std::size_t end = end_of_string(i);
        if (depth == 1) note_key(text_.substr(i + 1, end - i - 1), end + 1);
        i = end;
      } else if (c == '{' || c == '[') {
        if (depth++ == 0) outline_.list = c == '[';
      } else if ((c == '}' || c == ']') && (depth == 0 || --depth == 0)) {
        outline_.length = i + 1;
        return outline_;
      }
    }
    if (depth > 0) refuse_cut();
    outline_.length = text_.size();
    return outline_;
  }

 private:
  std::size_t end_of_string(std::size_t begin) const {
    for (std::size_t i = begin + 1; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == '"') {
        return i;
      }
    }
    refuse_cut();
  }

  void note_key(std::string_view key, std::size_t after) {
    const std::size_t next = text_.find_first_not_of(" \t\r\n", after);
    if (next == std::string_view::npos || text_[next] != ':') return;
    if (key == "agentPoolProfiles" || key == "vmSize") outline_.tells_pools = true;
    if (key == "serverVersion") outline_.tells_version = true;
  }

  [[noreturn]] void refuse_cut() const {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read the recorded cluster '{}': it ends in the middle; it was cut short", name_),
                "record it again, and look at what kubectl or az said");
  }

  std::string_view text_;
  std::string_view name_;
  Outline outline_;
};

kube::json parse_at_once(std::string_view text, std::string_view name) {
  if (text.size() > kMostBytesAtOnce) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read '{}': it is larger than 64 MiB, and no list of Kubernetes objects", name));
  }
  return kube::parse_json(text, fmt::format("the recorded cluster '{}'", name));
}

}  // namespace

void RecordedFleetReader::add_text(std::string_view text, std::string_view name) {
  std::size_t documents = 0;
  do {
    if (++documents > kMostDocuments) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot read '{}': it holds more than {} documents", name, kMostDocuments));
    }
    const Outline outline = OutlineReader(text, name).read();
    const std::string_view document = text.substr(0, outline.length);
    if (outline.list || outline.tells_pools) {
      add_pools(parse_at_once(document, name), name);
    } else if (outline.tells_version) {
      add_version(parse_at_once(document, name), name);
    } else {
      cluster_.add_text(document, name);
      has_cluster_ = true;
    }
    text = trim(text.substr(outline.length));
  } while (!text.empty());
}

void RecordedFleetReader::add_pools(const kube::json& document, std::string_view name) {
  if (!is_aks_document(document)) {
    throw Error(
        ErrorKind::BadInput,
        fmt::format("cannot read '{}': it is neither of the Kubernetes API nor az's about AKS", name),
        "record it with: kubectl get nodes,pods,pdb -A -o json, az aks show -o json or az aks nodepool list -o json");
  }
  if (!fleet_.aks) fleet_.aks.emplace();
  add_aks_document(*fleet_.aks, document, name);
}

void RecordedFleetReader::add_version(const kube::json& document, std::string_view name) {
  fleet_.server = lifecycle::parse_kubernetes_version(kube::text_at(document, {"serverVersion", "gitVersion"}));
  if (!fleet_.server) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': its server's version is none of Kubernetes", name));
  }
}

RecordedFleet RecordedFleetReader::finish() {
  if (has_cluster_) fleet_.cluster = cluster_.finish();
  if (!fleet_.cluster && !fleet_.aks) {
    throw Error(ErrorKind::BadInput, "cannot take an inventory: none of the files tells of nodes or pools",
                "record them with: kubectl get nodes,pods,pdb -A -o json, or az aks show -o json");
  }
  return std::move(fleet_);
}

}  // namespace keelson::fleet
