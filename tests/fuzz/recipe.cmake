keelson_fuzz(recipe SOURCE recipe_fuzz.cpp USES recipe)
