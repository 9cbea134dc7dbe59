/// A cluster out of recorded JSON: what `kubectl get nodes,pods,pdb,volumeattachments -A -o json` prints, in one
/// document or in several.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fleet/cluster.h"
#include "fleet/objects.h"
#include "kube/objects.h"

namespace keelson::fleet {

struct Recorded {
  Cluster cluster;
  std::map<std::string, std::size_t> read;     ///< by kind: "Node": 12
  std::map<std::string, std::size_t> ignored;  ///< kinds that say nothing here
};

class RecordedCluster {
 public:
  /// Takes the objects of one document: a List, or a single object.
  /// @param name what errors call it. @throws Error(BadInput) for a document that holds no such objects, is cut short,
  /// or has a Node or Pod without a name or UID.
  void add(const kube::json& document, std::string_view name);
  /// The same, by as many threads as there are; nesting is bounded. @throws Error(BadInput) also for what is no JSON.
  void add_text(std::string_view text, std::string_view name);

  /// Notes that a kind could not be had.
  void ignore(const std::string& kind) { ++recorded_.ignored[kind]; }
  /// @throws Error(BadInput) when there was no node in any of them.
  Recorded finish();

 private:
  struct Ignored {
    std::string kind;
  };
  /// What an object is here; a value when it does not say its kind or name.
  using Object = std::variant<Node, Pod, Budget, std::optional<Attachment>, Ignored, kube::json>;

  static Object read_object(const kube::json& object, std::string_view name, std::size_t index);
  void put(Object&& object);
  void add_object(const kube::json& object, std::string_view name, std::size_t index);

  Recorded recorded_;
  std::vector<std::pair<std::string, std::string>> attachments_;  ///< node, name
  std::vector<std::string> names_;
};

}  // namespace keelson::fleet
