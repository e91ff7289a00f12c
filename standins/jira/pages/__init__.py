"""Pages for people who rehearse: a list of issues, and a page per issue. Nobody signs in; one says who one is."""
