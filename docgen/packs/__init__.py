"""The packs of the members: what each is made of, made, checked, published, sent."""
