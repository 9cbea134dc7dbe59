keelson_fuzz(oci_documents SOURCE oci_documents_fuzz.cpp USES formats_oci)
