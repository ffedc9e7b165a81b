"""Results into documents, tables and charts; computes nothing new. Start at `dossier.write_dossier`."""
