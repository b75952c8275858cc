"""Mail is fetched from IMAP servers: one thread for each mailbox, woken by IDLE, polling behind it."""
