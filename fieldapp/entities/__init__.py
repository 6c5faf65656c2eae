"""Registers of farmers, plots, groups, stores: the entities of ODK."""
