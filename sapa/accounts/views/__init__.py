"""Pages of people: the settings of who works here and what each sets about themselves; the ways in."""
