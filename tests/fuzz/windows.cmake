keelson_fuzz(windows SOURCE windows_fuzz.cpp USES fleet_windows kube)
