keelson_fuzz(lifecycle SOURCE lifecycle_fuzz.cpp USES fleet_lifecycle)
