"""What the generated structs, enums and methods are made of."""
