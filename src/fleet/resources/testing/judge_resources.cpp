// For tests/fleet/crds.py: what the readers say of resources. Standard input: one resource a line, as JSON. Standard
// output: a line for each, a JSON text: "" when it was read, else the error.
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "fleet/resources/image_release.h"
#include "fleet/resources/node_pool.h"
#include "fleet/resources/node_record.h"
#include "fleet/resources/node_rollout.h"
#include "fleet/windows/read_window.h"

namespace {

using namespace keelson::fleet;
using nlohmann::json;

void read(const json& resource) {
  const std::string kind = resource.value("kind", "");
  if (kind == "NodePool") {
    read_node_pool(resource);
  } else if (kind == "ImageRelease") {
    read_image_release(resource);
  } else if (kind == "NodeRecord") {
    read_node_record(resource);
  } else if (kind == "MaintenanceWindow") {
    read_window(resource);
  } else if (kind == "NodeRollout") {
    read_rollout_record(resource, read_node_rollout(resource).spec);
  } else {
    throw keelson::Error(keelson::ErrorKind::BadInput, "no kind of ours");
  }
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::string said;
    try {
      read(json::parse(line));
    } catch (const keelson::Error& error) {
      said = error.message();
    }
    std::cout << json(said).dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
  }
}
