"""The door for phones: OpenRosa as ODK Collect and Enketo Express speak it."""
