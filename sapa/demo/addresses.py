"""Where the demo's shop receives mail; without Django, because its customers' side is a small process."""

DOMAIN = "toko-nusantara.example"
SUPPORT, BILLING = f"halo@{DOMAIN}", f"tagihan@{DOMAIN}"
