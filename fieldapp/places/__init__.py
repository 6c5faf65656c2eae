"""Administrative areas: country, province, regency, district, village."""
