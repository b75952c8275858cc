"""What customers of a shop write, and what its agents answer: the texts of the demo."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """One kind of trouble. `{order}` stands for an order number, `{name}` for the customer's first name."""

    subject: str
    tag: str
    team: str
    reason: str
    opening: str
    answer: str
    reply: str
    ending: str
    priority: int = 2


TOPICS = (
    Topic(
        "Pesanan #{order} belum sampai", "pengiriman", "Pengiriman", "Pengiriman",
        "Halo, pesanan saya {order} seharusnya tiba tiga hari yang lalu, tetapi sampai sekarang belum datang. "
        "Di situs kurir statusnya masih «dalam perjalanan». Mohon dicek ya.",
        "Selamat pagi Kak {name}, terima kasih sudah menghubungi kami. Paket Kakak tertahan di gudang transit dan sudah kami "
        "minta untuk diprioritaskan. Perkiraan tiba besok sebelum pukul 17.00.",
        "Baik, saya tunggu sampai besok. Semoga benar-benar sampai.",
        "Terima kasih atas kesabarannya, Kak. Kami pantau sampai paketnya diterima.", 3,
    ),
    Topic(
        "Ukuran sepatu terlalu kecil", "retur", "Layanan", "Produk",
        "Selamat siang, sepatu yang saya beli (pesanan {order}) ternyata terlalu kecil. Bisa ditukar ukuran 39?",
        "Bisa, Kak {name}. Silakan kirim kembali dalam 14 hari dengan label terlampir; ukuran 39 sudah kami sisihkan.",
        "Sudah saya kirim hari ini lewat JNE. Terima kasih!",
        "Sip, Kak. Begitu tiba di gudang, penggantinya langsung kami kirim.",
    ),
    Topic(
        "Faktur pajak bulan Oktober", "faktur", "Tagihan", "Pembayaran",
        "Yth. bagian tagihan, mohon dikirimkan faktur pajak untuk pesanan {order}. NPWP sudah kami lampirkan bulan lalu.",
        "Terlampir faktur pajaknya, Bapak/Ibu {name}. Mohon dicek kembali NPWP dan alamatnya.",
        "Terima kasih, tetapi alamatnya masih alamat lama. Mohon diperbaiki.",
        "Sudah kami perbaiki. Mohon maaf atas kekeliruannya.",
    ),
    Topic(
        "Pengembalian dana", "refund", "Tagihan", "Pembayaran",
        "Saya membatalkan pesanan {order} minggu lalu, tetapi dananya belum kembali ke rekening saya.",
        "Kak {name}, dana sudah kami proses dan masuk dalam 3 hari kerja. Bukti transfernya akan kami kirim begitu tersedia.",
        "Oke, saya tunggu buktinya.",
        "Bukti transfer sudah kami kirim, Kak. Terima kasih.", 3,
    ),
    Topic(
        "Kode voucher tidak bisa dipakai", "voucher", "Layanan", "Pembayaran",
        "Kode voucher NUSA50 selalu ditolak waktu bayar, padahal belum kedaluwarsa. Ada syarat khusus?",
        "Voucher itu berlaku untuk belanja minimal Rp 250.000, Kak {name}. Mau kami bantu terapkan di pesanan ini?",
        "Oh begitu, baik. Terima kasih penjelasannya.",
        "Sama-sama, Kak!",
    ),
    Topic(
        "Tidak bisa masuk ke akun", "akun", "Layanan", "Akun",
        "Saya lupa kata sandi dan surel untuk mengatur ulang tidak pernah sampai. Tolong dibantu.",
        "Kami sudah mengirim ulang tautannya, Kak {name}. Mohon cek juga folder spam.",
        "Sudah ketemu, ada di spam. Terima kasih banyak.",
        "Senang bisa membantu!",
    ),
    Topic(
        "Barang rusak saat diterima", "rusak", "Layanan", "Produk",
        "Gelas yang saya pesan ({order}) pecah dua buah waktu paket dibuka. Foto menyusul. Saya kecewa sekali.",
        "Mohon maaf sekali, Kak {name}. Dua gelas pengganti kami kirim hari ini tanpa biaya; yang pecah tidak perlu dikembalikan.",
        "Wah cepat sekali, terima kasih.",
        "Dengan senang hati. Semoga kali ini sampai dengan selamat.", 4,
    ),
    Topic(
        "Alamat pengiriman salah", "pengiriman", "Pengiriman", "Pengiriman",
        "Saya salah menulis nomor rumah untuk pesanan {order}. Seharusnya nomor 17, bukan 71. Masih bisa diubah?",
        "Masih bisa, Kak {name}, paketnya baru akan diambil kurir sore ini. Alamatnya sudah kami ubah.",
        "Syukurlah. Terima kasih.",
        "Sama-sama. Nomor resinya menyusul malam ini.",
    ),
    Topic(
        "Tanya stok kemeja batik", "produk", "Layanan", "Produk",
        "Apakah kemeja batik parang ukuran XL masih ada? Di situs tertulis habis.",
        "Stok ukuran XL masuk lagi hari Kamis, Kak {name}. Kami simpankan satu kalau Kakak mau.",
        "Mau, tolong simpankan satu warna biru.",
        "Sudah kami simpankan sampai Minggu.", 1,
    ),
    Topic(
        "Kerja sama grosir", "grosir", "Layanan", "Lainnya",
        "Kami ingin memesan 200 kaus untuk acara kantor. Apakah ada harga khusus dan bisa dengan bordir logo?",
        "Bisa, Bapak/Ibu {name}. Penawaran untuk 200 kaus dengan bordir kami lampirkan; pengerjaannya 10 hari kerja.",
        "Penawarannya kami bahas dulu di kantor, nanti kami kabari.",
        "Baik, kami tunggu kabarnya.",
    ),
)  # fmt: skip

FIRST = (
    "Dewi", "Budi", "Maria", "Hendra", "Lina", "Rizky", "Tari", "Agus", "Nur", "Sari", "Joko", "Putu", "Wayan", "Ratna",
    "Yusuf", "Indah", "Bayu", "Fitri", "Andi", "Melati",
)  # fmt: skip
LAST = (
    "Puspita", "Santoso", "Rumondor", "Kurnia", "Sari", "Wibowo", "Aulia", "Hidayat", "Siregar", "Tan", "Wijaya",
    "Simanjuntak", "Halim", "Nasution", "Utami",
)  # fmt: skip
CITIES = (
    "Bandung",
    "Jakarta",
    "Surabaya",
    "Bekasi",
    "Medan",
    "Makassar",
    "Denpasar",
    "Yogyakarta",
    "Semarang",
    "Palembang",
)
NOTES = (
    "Sudah saya telepon gudang, mereka cek sore ini.",
    "Pelanggan lama, tolong didahulukan.",
    "Resi berhenti di Cakung sejak kemarin.",
    "Menunggu konfirmasi dari bagian keuangan.",
)


@dataclass(frozen=True)
class Person:
    """A customer who never was."""

    name: str
    address: str
    city: str

    @property
    def first(self) -> str:
        return self.name.split()[0]


def person(rand: random.Random) -> Person:
    """Somebody; the same name has the same address."""
    first, last = rand.choice(FIRST), rand.choice(LAST)
    domain = rand.choice(("surel.example", "surel.example", "pos.example", "sinarjaya.example", "karyabersama.example"))
    return Person(f"{first} {last}", f"{first}.{last}@{domain}".lower(), rand.choice(CITIES))


def fill(text: str, who: Person, order: int) -> str:
    """A text with its blanks filled."""
    return text.format(name=who.first, order=order)
