"""What can be wrong with a webhook."""

from fieldapp.notices.targets import Refusal
from fieldapp.web.problems import FieldError, Problem
from fieldapp.web.text import Text

REFUSALS = {
    Refusal.MALFORMED: Text(
        "Alamat tidak bisa dipakai. Tulis seperti https://contoh.org/kait, tanpa nama "
        "pengguna, kata sandi atau tanda #.",
        "The address cannot be used. Write it as https://example.org/hook, without a "
        "user name, a password or a #.",
    ),
    Refusal.NOT_HTTPS: Text(
        "Alamat harus dimulai dengan https://. Dengan http:// isinya bisa dibaca dan "
        "diubah di jalan; hanya pengelola server yang bisa mengizinkannya.",
        "The address must begin with https://. With http:// it could be read and "
        "changed on its way; only the server's operator can allow it.",
    ),
    Refusal.UNKNOWN_HOST: Text(
        "Nama server di alamat itu tidak ditemukan. Periksa ejaannya.",
        "The host in the address is not to be found. Check how it is written.",
    ),
    Refusal.PRIVATE: Text(
        "Alamat itu berada di jaringan dalam, bukan di internet. Hanya pengelola "
        "server yang bisa mengizinkannya (FIELDAPP_WEBHOOK_ALLOWED_HOSTS).",
        "The address lies in a private network, not in the internet. Only the "
        "server's operator can allow it (FIELDAPP_WEBHOOK_ALLOWED_HOSTS).",
    ),
}


class WebhookTargetRefused(Problem):
    """The server may not send to the address that a webhook names."""

    status = 422
    slug = "webhook-target-refused"
    title = Text("Alamat tujuan ditolak", "The target is refused")

    def __init__(self, refusal: Refusal) -> None:
        text = REFUSALS[refusal]
        super().__init__(text, errors=[FieldError("url", text)], refusal=refusal.value)


class TooManyWebhooks(Problem):
    """An area has as many webhooks as it may."""

    status = 409
    slug = "too-many-webhooks"
    title = Text("Webhook terlalu banyak", "Too many webhooks")

    def __init__(self, number: int) -> None:
        super().__init__(
            Text(
                f"Satu wilayah punya paling banyak {number} webhook. Hapus yang tidak "
                "dipakai lagi.",
                f"An area has at most {number} webhooks. Delete those that are no "
                "longer used.",
            )
        )


class WebhookDisabled(Problem):
    """A webhook that is disabled sends nothing, not even again."""

    status = 409
    slug = "webhook-disabled"
    title = Text("Webhook tidak aktif", "The webhook is disabled")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Webhook ini tidak aktif. Aktifkan dulu, lalu coba lagi.",
                "This webhook is disabled. Enable it first, then try again.",
            )
        )
