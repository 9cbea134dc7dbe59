keelson_fuzz(fat SOURCE fat_fuzz.cpp USES formats_fat)
