"""What the texts and the votes compute: prices, quorum and majority, the formats of the préfecture."""
