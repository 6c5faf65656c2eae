"""The form engine: XLSForm to definition, instance to verdict. No web, no database."""
