"""The door for our own client: JSON in batches, and what is new since a cursor."""
