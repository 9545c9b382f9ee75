"""The service: a REST API and, where it is mounted, the portal. A module here parses, calls a verb of `operations` and
answers; none opens a database, signs or decides."""
