"""The dossier of a village: what its log tells of a period, with its proof."""
