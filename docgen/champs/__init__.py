"""The fields of the templates: what each prints, from the model."""
