"""A form's entries as an OData v4 feed, which Excel and Power BI load."""
