"""Who is asking: sign-in, sessions, tokens, roles, CSRF.  Refused is whatever no route allows."""
