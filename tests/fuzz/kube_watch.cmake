keelson_fuzz(kube_watch SOURCE kube_watch_fuzz.cpp USES kube)
