keelson_fuzz(efi SOURCE efi_fuzz.cpp USES formats_efi)
