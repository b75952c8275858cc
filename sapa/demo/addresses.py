"""Where the demo's shop receives mail."""

DOMAIN = "toko-nusantara.example"
SUPPORT, BILLING = f"halo@{DOMAIN}", f"tagihan@{DOMAIN}"
