"""The same trouble told twice: how alike two cases are, and several made one and parted again."""
