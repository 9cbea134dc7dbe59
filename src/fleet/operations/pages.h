/// The pages of a controller: /metrics, /healthz, /readyz.
#pragma once

#include "fleet/operations/controller_metrics.h"
#include "fleet/operations/health.h"
#include "fleet/operations/http_server.h"

namespace keelson::fleet {

/// All must outlive the server. @param alive when not well, the kubelet should restart us: only what a restart cures.
/// @param ready when not well, we do not work yet: it says which part.
HttpPages operations_pages(ControllerMetrics& metrics, const Health& alive, const Health& ready);

}  // namespace keelson::fleet
