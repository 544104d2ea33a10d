"""The shop's pages: server-rendered, without models; a client of the APIs like any other."""
