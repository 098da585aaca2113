"""Who is asking: sign-in, sessions, tokens, roles, CSRF.  Everything is refused unless a route says otherwise."""
