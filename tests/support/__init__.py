"""What the black-box tests share: small trees, an independent comparer, and the program itself."""
