"""DSSE envelopes and public-key checks. No private key and no domain word lives here."""
