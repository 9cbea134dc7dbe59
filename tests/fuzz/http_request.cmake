keelson_fuzz(http_request SOURCE http_request_fuzz.cpp USES fleet_operations)
