"""Pages of what is kept: customers, companies, and the settings of fields and tags."""
