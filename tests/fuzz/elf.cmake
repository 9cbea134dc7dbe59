keelson_fuzz(elf SOURCE elf_fuzz.cpp USES initrd)
