#include "fleet/operations/pages.h"

namespace keelson::fleet {

namespace {

HttpAnswer health_page(const Health& health) {
  const auto answer = health.look();
  return {.status = answer.well ? 200 : 503, .body = answer.text};
}

}  // namespace

HttpPages operations_pages(ControllerMetrics& metrics, const Health& alive, const Health& ready) {
  return {
      {"/metrics",
       [&metrics] { return HttpAnswer{.type = std::string(kExpositionType), .body = metrics.exposition()}; }},
      {"/healthz", [&alive] { return health_page(alive); }},
      {"/readyz", [&ready] { return health_page(ready); }},
  };
}

}  // namespace keelson::fleet
