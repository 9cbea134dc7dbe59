keelson_fuzz(sbom SOURCE sbom_fuzz.cpp USES inventory)
