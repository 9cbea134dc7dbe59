keelson_fuzz(kube_selector SOURCE kube_selector_fuzz.cpp USES kube)
