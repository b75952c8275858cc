"""The whole product through a real browser, against a real server."""
