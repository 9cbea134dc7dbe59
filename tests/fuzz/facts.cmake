keelson_fuzz(facts SOURCE facts_fuzz.cpp USES machine)
