"""What can be wrong with who is asking."""

from fieldapp.web.problems import Problem
from fieldapp.web.text import Text

_CHALLENGE = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
"""What RFC 6750, section 3 wants beside a token that lets nobody in."""


class SignInRequired(Problem):
    """The request carries no token."""

    status = 401
    slug = "sign-in-required"
    title = Text("Anda belum masuk", "You are not signed in")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Masuk dulu, lalu kirim token di header Authorization: Bearer.",
                "Sign in first, then send the token as Authorization: Bearer.",
            ),
            headers={"WWW-Authenticate": "Bearer"},
        )


class SignInFailed(Problem):
    """The name or the password is wrong; which of the two is not told."""

    status = 401
    slug = "sign-in-failed"
    title = Text("Gagal masuk", "Sign-in failed")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Nama pengguna atau kata sandi salah.",
                "The user name or the password is wrong.",
            )
        )


class PasswordSignInRequired(Problem):
    """A program is to send a name and its password, or others, or over https."""

    status = 401
    slug = "password-sign-in-required"
    title = Text("Masuk dengan kata sandi", "Sign in with a password")

    def __init__(self, *, is_secure: bool) -> None:
        basic = 'Basic realm="Fieldapp", charset="UTF-8"'
        super().__init__(
            Text(
                "Masukkan nama pengguna dan kata sandi yang benar (Basic), lewat "
                "alamat https.",
                "Give the right user name and password (Basic), over an https address.",
            ),
            headers={"WWW-Authenticate": basic if is_secure else "Bearer"},
        )


class TooManySignIns(Problem):
    """A name or an address has failed too often in a short time."""

    status = 429
    slug = "too-many-sign-ins"
    title = Text("Terlalu banyak percobaan masuk", "Too many attempts to sign in")

    def __init__(self, seconds: int) -> None:
        super().__init__(
            Text(
                "Terlalu sering gagal. Coba lagi dalam {seconds} detik.",
                "Too many failures. Try again in {seconds} seconds.",
            ).format(seconds=seconds),
            headers={"Retry-After": str(seconds)},
        )


class TokenExpired(Problem):
    """The token's time is over."""

    status = 401
    slug = "token-expired"
    title = Text("Masa berlaku token habis", "The token has expired")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Minta token baru dengan refresh token, atau masuk lagi. "
                "Data yang belum terkirim tetap aman.",
                "Get a new one with the refresh token, or sign in again. "
                "What is not sent yet stays safe.",
            ),
            headers=_CHALLENGE,
        )


class TokenInvalid(Problem):
    """The token is not one that this server made, or is of the wrong kind."""

    status = 401
    slug = "token-invalid"
    title = Text("Token tidak sah", "The token is not valid")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Token ini tidak dibuat oleh server ini, rusak, atau salah jenis. "
                "Masuk lagi.",
                "This server did not make this token, or it is damaged or of the "
                "wrong kind. Sign in again.",
            ),
            headers=_CHALLENGE,
        )


class TokenRevoked(Problem):
    """The sign-in that the token came from was ended."""

    status = 401
    slug = "token-revoked"
    title = Text("Token sudah dicabut", "The token was revoked")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Sesi ini sudah diakhiri. Masuk lagi.",
                "This session was ended. Sign in again.",
            ),
            headers=_CHALLENGE,
        )


class RefreshTokenReused(Problem):
    """A refresh token came a second time: somebody holds a copy (RFC 9700, 4.14.2)."""

    status = 401
    slug = "refresh-token-reused"
    title = Text("Refresh token dipakai dua kali", "A refresh token was used twice")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Refresh token ini sudah pernah dipakai, jadi sesi ini diakhiri demi "
                "keamanan. Masuk lagi.",
                "This refresh token was used before, so the session was ended to be "
                "safe. Sign in again.",
            ),
            headers=_CHALLENGE,
        )


class AccountClosed(Problem):
    """The person's account was closed after the token was given."""

    status = 401
    slug = "account-closed"
    title = Text("Akun tidak aktif", "The account is not active")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Akun ini dinonaktifkan. Hubungi administrator Anda.",
                "This account was deactivated. Ask your administrator.",
            ),
            headers=_CHALLENGE,
        )


class NotPermitted(Problem):
    """None of the caller's roles carries what the address needs."""

    status = 403
    slug = "not-permitted"
    title = Text("Tidak diizinkan", "Not permitted")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Peran Anda tidak mencakup tindakan ini. Hubungi administrator Anda.",
                "Your roles do not include this. Ask your administrator.",
            )
        )


class UsernameTaken(Problem):
    """Somebody has the user name already."""

    status = 409
    slug = "username-taken"
    title = Text("Nama pengguna sudah dipakai", "The user name is taken")

    def __init__(self) -> None:
        super().__init__(Text("Pilih nama pengguna lain.", "Choose another user name."))
