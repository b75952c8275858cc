"""Pages of the channels: settings of inboxes, and mail that could not be taken in."""
