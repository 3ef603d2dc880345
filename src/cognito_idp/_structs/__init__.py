"""The building blocks of the generated structs, enums and methods."""
