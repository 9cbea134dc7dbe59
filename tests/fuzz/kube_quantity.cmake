keelson_fuzz(kube_quantity SOURCE kube_quantity_fuzz.cpp USES kube)
