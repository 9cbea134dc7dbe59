keelson_fuzz(kubeconfig SOURCE kubeconfig_fuzz.cpp USES kube)
