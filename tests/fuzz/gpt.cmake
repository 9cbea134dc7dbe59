keelson_fuzz(gpt SOURCE gpt_fuzz.cpp USES formats_gpt)
