"""The trail's formats and proofs: an RFC 6962 Merkle log in published C2SP text formats. Pure: bytes in, values out."""
