"""The e-mail channel: bytes in, typed mail out, and the way back."""
