keelson_fuzz(qcow2 SOURCE qcow2_fuzz.cpp USES formats_qcow2)
